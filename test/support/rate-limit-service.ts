/**
 * A rate limit service that answers by the values of the descriptors' entries: `over`, `fail`, `slow`, `never`, `unknown`,
 * `headers`, `limits`, `metadata`. Everything else is fine.
 */
import type { ServiceDefinition } from '@grpc/grpc-js';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { protobufFields, ProtobufWriter } from '../../runtime/common/protobuf.js';

export interface RateLimitService {
  readonly port: number;
  /** What was asked: `domain key=value,key=value*hits; ...`. */
  readonly asked: string[];
  close(): void;
}

function readDescriptor(message: Buffer): string {
  const entries: string[] = [];
  let hits = '';
  for (const { field, octets } of protobufFields(message)) {
    if (field === 1) entries.push([...protobufFields(octets)].map((one) => one.octets.toString()).join('='));
    else if (field === 3) hits = `*${[...protobufFields(octets)][0]?.number ?? 0}`;
  }
  return entries.join() + hits;
}

function readRequest(message: Buffer): string {
  let domain = '';
  const descriptors: string[] = [];
  for (const { field, octets } of protobufFields(message)) {
    if (field === 1) domain = octets.toString();
    else if (field === 2) descriptors.push(readDescriptor(octets));
  }
  return `${domain} ${descriptors.join('; ')}`;
}

const header = (key: string, value: string): Buffer =>
  new ProtobufWriter().text(1, key).text(2, value).finish();

function limitStatus(
  code: number,
  perUnit: number,
  unit: number,
  name: string,
  remaining: number,
  reset: number,
) {
  const limit = new ProtobufWriter().number(1, perUnit).number(2, unit).text(3, name).finish();
  return new ProtobufWriter()
    .number(1, code)
    .octets(2, limit)
    .number(3, remaining)
    .octets(4, new ProtobufWriter().number(1, reset).finish())
    .finish();
}

function answer(asked: string): Buffer {
  const has = (word: string): boolean => asked.includes(`=${word}`);
  const code = has('over') ? 2 : has('unknown') ? 0 : 1;
  const response = new ProtobufWriter().number(1, code);
  if (has('limits') || has('over')) {
    response.octets(2, limitStatus(1, 100, 3, '', 50, 600));
    response.octets(2, limitStatus(code, 10, 2, 'per user', 3, 7));
  }
  if (has('headers') || has('over')) {
    response.octets(3, header('X-Response', 'from service'));
    response.octets(4, header('X-Request', 'from service'));
  }
  if (has('over')) response.octets(5, Buffer.from('too many'));
  if (has('metadata')) {
    const value = new ProtobufWriter().text(3, 'v').finish();
    const entry = new ProtobufWriter().text(1, 'k').octets(2, value).finish();
    response.octets(6, new ProtobufWriter().octets(1, entry).finish());
  }
  return response.finish();
}

const definition: ServiceDefinition = {
  ShouldRateLimit: {
    path: '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit',
    requestStream: false,
    responseStream: false,
    requestSerialize: (octets: Buffer) => octets,
    requestDeserialize: (octets: Buffer) => octets,
    responseSerialize: (octets: Buffer) => octets,
    responseDeserialize: (octets: Buffer) => octets,
  },
};

/** On a free port of the loopback. */
export async function startRateLimitService(): Promise<RateLimitService> {
  const server = new Server();
  const asked: string[] = [];
  server.addService(definition, {
    ShouldRateLimit(
      call: { request: Buffer },
      done: (error: { code: number; details: string } | null, octets?: Buffer) => void,
    ) {
      const question = readRequest(call.request);
      asked.push(question);
      if (question.includes('=never')) return;
      if (question.includes('=fail')) done({ code: status.UNAVAILABLE, details: 'no' });
      else if (question.includes('=slow')) setTimeout(() => done(null, answer(question)), 100);
      else done(null, answer(question));
    },
  });
  const port = await new Promise<number>((bound, fail) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) =>
      error === null ? bound(at) : fail(error),
    );
  });
  return { port, asked, close: () => server.forceShutdown() };
}
