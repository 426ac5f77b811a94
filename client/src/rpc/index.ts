export { BAD_RESPONSE, NETWORK_ERROR } from '../errors.js';
export { RpcError } from './errors.js';
export { type Call, type CallOptions, createLoader, type Loader, type LoaderOptions } from './loader.js';
