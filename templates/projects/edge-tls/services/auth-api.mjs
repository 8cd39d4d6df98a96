/**
 * The gRPC API as data: what the server, the clients and `auth-api.protoset` are made of.
 */
import { decode, encode } from './protobuf.mjs';

export const packageName = 'edge.v1';
export const serviceName = 'AuthApi';

export const messages = {
  PingRequest: { text: { number: 1, type: 'string' } },
  PingReply: { text: { number: 1, type: 'string' }, count: { number: 2, type: 'int32' } },
};

export const methods = {
  /** One answer. */
  Ping: { request: 'PingRequest', reply: 'PingReply' },
  /** An answer to each message, until the client ends. */
  Watch: { request: 'PingRequest', reply: 'PingReply', isStream: true },
};

/** What `@grpc/grpc-js` wants to know. */
export const serviceDefinition = Object.fromEntries(
  Object.entries(methods).map(([name, { request, reply, isStream = false }]) => [
    name,
    {
      path: `/${packageName}.${serviceName}/${name}`,
      requestStream: isStream,
      responseStream: isStream,
      requestSerialize: (message) => encode(messages[request], message),
      requestDeserialize: (octets) => decode(messages[request], octets),
      responseSerialize: (message) => encode(messages[reply], message),
      responseDeserialize: (octets) => decode(messages[reply], octets),
    },
  ]),
);
