/**
 * A rate limit service, over gRPC: GLOBAL_LIMIT requests a minute for each value of the descriptor `user`. It counts in
 * memory; one that several sidecars share would keep its counts in a database.
 */
import { loadPackage } from '../runner/envoy3-package.mjs';
import { readRequest, writeAnswer } from './rate-limit-messages.mjs';

const { Server, ServerCredentials } = await loadPackage('@grpc/grpc-js');

const limit = Number(process.env.GLOBAL_LIMIT ?? 3);
const minuteMs = 60_000;
/** Of each user: when the minute began, and how many came since. */
const counts = new Map();

function take(user, now) {
  const known = counts.get(user);
  const count = known === undefined || now - known.since >= minuteMs ? { since: now, requests: 0 } : known;
  count.requests++;
  counts.set(user, count);
  const secondsLeft = Math.ceil((count.since + minuteMs - now) / 1000);
  return {
    isOver: count.requests > limit,
    remaining: Math.max(0, limit - count.requests),
    secondsLeft,
    limit,
  };
}

const same = (octets) => octets;
const server = new Server();
server.addService(
  {
    ShouldRateLimit: {
      path: '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit',
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: readRequest,
      responseSerialize: writeAnswer,
      responseDeserialize: same,
    },
  },
  {
    ShouldRateLimit({ request }, answer) {
      const users = request.descriptors.map((entries) => entries.user).filter((user) => user !== undefined);
      answer(null, { statuses: users.map((user) => take(user, Date.now())) });
    },
  },
);
server.bindAsync(
  `127.0.0.1:${process.env.RATE_LIMIT_PORT ?? 8081}`,
  ServerCredentials.createInsecure(),
  (error) => {
    if (error !== null) throw error;
  },
);
process.on('SIGTERM', () => process.exit(0));
