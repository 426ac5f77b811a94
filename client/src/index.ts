export { type Client, type ClientOptions, createClient, type RequestOptions, type Rest } from './client.js';
export type { Document, Kind, Print, Variables } from './document.js';
export { BAD_RESPONSE, type GraphQLError, GraphQLRequestError, NETWORK_ERROR } from './errors.js';
export type { Fields, Result } from './operation.js';
