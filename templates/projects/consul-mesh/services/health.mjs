/**
 * `grpc.health.v1.Health/Check`, which discovery and the proxies ask: SERVING until it is said otherwise.
 */
import { textMessage } from './messages.mjs';

const serving = 1;
const notServing = 2;
const request = textMessage('service');

export const health = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    // HealthCheckResponse { ServingStatus status = 1; }
    responseSerialize: ({ status }) => Buffer.from([8, status]),
    responseDeserialize: (octets) => ({ status: octets[1] ?? 0 }),
  },
};

/** @param isServing asked at each check */
export function serveHealth(isServing) {
  return { check: (_call, done) => done(null, { status: isServing() ? serving : notServing }) };
}
