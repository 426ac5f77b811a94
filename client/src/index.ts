export { type Client, type ClientOptions, createClient, type RequestOptions, type Rest } from './client';
export type { Document, Kind, Print, Variables } from './document';
export { BAD_RESPONSE, type GraphQLError, GraphQLRequestError, NETWORK_ERROR } from './errors';
export type { Fields, Result } from './operation';
