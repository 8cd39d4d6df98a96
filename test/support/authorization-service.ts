/**
 * An authorization service over gRPC that answers by the request's header `x-plan`, and tells in a header `x-asked` of a
 * good answer what it was asked.
 */
import type { ServiceDefinition } from '@grpc/grpc-js';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { protobufFields, ProtobufWriter } from '../../runtime/common/protobuf.js';

/** How a field is shown: text, number, whether it is there, a map, or a message. */
type Shape = 'text' | 'number' | 'there' | 'map' | Shapes;
interface Shapes {
  readonly [field: number]: readonly [name: string, shape: Shape];
}

const socketAddress: Shapes = { 1: ['protocol', 'number'], 2: ['address', 'text'], 3: ['port', 'there'] };
const peer: Shapes = {
  1: ['address', { 1: ['socket', socketAddress], 2: ['pipe', 'there'] }],
  2: ['service', 'text'],
  3: ['labels', 'map'],
  4: ['principal', 'text'],
  5: ['certificate', 'text'],
};
const headerList: Shapes = {
  1: ['headers[]', { 1: ['key', 'text'], 2: ['value', 'text'], 3: ['raw', 'text'] }],
};
const http: Shapes = {
  1: ['id', 'there'],
  2: ['method', 'text'],
  3: ['headers', 'map'],
  4: ['path', 'text'],
  5: ['host', 'text'],
  6: ['scheme', 'text'],
  7: ['query', 'text'],
  8: ['fragment', 'text'],
  9: ['size', 'number'],
  10: ['protocol', 'text'],
  11: ['body', 'text'],
  12: ['raw_body', 'text'],
  13: ['header_map', headerList],
};
const checkRequest: Shapes = {
  1: [
    'attributes',
    {
      1: ['source', peer],
      2: ['destination', peer],
      4: ['request', { 1: ['time', 'there'], 2: ['http', http] }],
      10: ['context_extensions', 'map'],
      11: ['metadata_context', 'there'],
      12: ['tls_session', { 1: ['sni', 'text'] }],
      13: ['route_metadata_context', 'there'],
    },
  ],
};

const sorted = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)));

function show(message: Buffer, shapes: Shapes): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const { field, number, octets } of protobufFields(message)) {
    const [name, shape] = shapes[field] ?? [`field ${field}`, 'there' as const];
    if (shape === 'number') shown[name] = number;
    else if (shape === 'there') shown[name] = 'there';
    else if (shape === 'text') shown[name] = octets.toString('latin1');
    else if (shape === 'map') {
      const [key, value] = [1, 2].map((part) =>
        [...protobufFields(octets)].find((one) => one.field === part)?.octets.toString('latin1'),
      );
      const map = (shown[name] ?? {}) as Record<string, unknown>;
      shown[name] = sorted({ ...map, [key ?? '']: value ?? '' });
    } else if (name.endsWith('[]')) {
      const list = (shown[name] ?? []) as unknown[];
      const all = [...list, show(octets, shape)].map((one) => JSON.stringify(one));
      shown[name] = all.sort().map((one) => JSON.parse(one) as unknown);
    } else shown[name] = show(octets, shape);
  }
  return shown;
}

const message = (): ProtobufWriter => new ProtobufWriter();
const statusOf = (code: number): Buffer => message().number(1, code).finish();
const pair = (key: string, value: string): Buffer => message().text(1, key).text(2, value).finish();

/** @param append the older field */
function option(key: string, value: string, action = 0, append?: boolean): Buffer {
  const made = message().octets(1, pair(key, value));
  if (append !== undefined)
    made.octets(
      2,
      message()
        .number(1, append ? 1 : 0)
        .finish(),
    );
  return made.number(3, action).finish();
}

const all = (field: number, messages: readonly Buffer[], into = message()): ProtobufWriter => {
  for (const one of messages) into.octets(field, one);
  return into;
};

const everyOption = [
  option('X-Plain', '1'),
  option('x-there', '1'),
  option('x-join', 'joined', 0, true),
  option('x-join-new', 'joined', 0, true),
  option('x-set', 'set', 0, false),
  option('x-absent', 'no', 1),
  option('x-absent-new', 'yes', 1),
  option('x-over', 'over', 2),
  option('x-over-new', 'over', 2),
  option('x-exists', 'over', 3),
  option('x-exists-new', 'over', 3),
];

const struct = (key: string, value: string): Buffer =>
  message()
    .octets(1, message().text(1, key).octets(2, message().text(3, value).finish()).finish())
    .finish();

const denied = message()
  .octets(1, statusOf(401))
  .octets(2, option('X-Why', 'no'))
  .octets(2, option('set-cookie', 'a'))
  .octets(2, option('set-cookie', 'b'))
  .octets(2, option('content-type', 'text/html'))
  .text(3, '<no>')
  .finish();

/** Answers by the name of a plan; each gets what the service was asked. */
const plans: Readonly<Record<string, (asked: string) => Buffer>> = {
  asked: (asked) =>
    message()
      .octets(3, all(2, [option('x-asked', asked, 2)]).finish())
      .finish(),
  empty: () => Buffer.alloc(0),
  headers: () => message().octets(3, all(2, everyOption).finish()).finish(),
  remove: () =>
    message()
      .octets(3, message().text(5, 'X-There').text(5, 'host').text(5, ':path').text(5, 'x-none').finish())
      .finish(),
  response: () => message().octets(3, all(6, everyOption).finish()).finish(),
  query: () =>
    message()
      .octets(3, message().octets(7, pair('b', 'new')).octets(7, pair('z', '1')).text(8, 'a').finish())
      .finish(),
  path: () =>
    message()
      .octets(3, all(2, [option(':path', '/other', 2)]).finish())
      .finish(),
  authority: () =>
    message()
      .octets(3, all(2, [option(':authority', 'other', 2)]).finish())
      .finish(),
  metadata: () => message().octets(4, struct('k', 'v')).finish(),
  'older metadata': () =>
    message()
      .octets(3, message().octets(3, struct('k', 'v')).finish())
      .finish(),
  denied: () => message().octets(1, statusOf(7)).octets(2, denied).finish(),
  'denied plainly': () => message().octets(1, statusOf(7)).finish(),
  'denied with metadata': () => message().octets(1, statusOf(7)).octets(4, struct('k', 'v')).finish(),
  'denied, and fine': () =>
    message().octets(1, statusOf(16)).octets(3, all(2, everyOption).finish()).finish(),
  error: () => message().octets(1, statusOf(13)).octets(5, denied).finish(),
  'error plainly': () => message().octets(1, statusOf(13)).octets(5, Buffer.alloc(0)).finish(),
};

const definition: ServiceDefinition = {
  Check: {
    path: '/envoy.service.auth.v3.Authorization/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (octets: Buffer) => octets,
    requestDeserialize: (octets: Buffer) => octets,
    responseSerialize: (octets: Buffer) => octets,
    responseDeserialize: (octets: Buffer) => octets,
  },
};

export interface AuthorizationTestService {
  readonly port: number;
  /** What was asked, as JSON. */
  readonly asked: string[];
  close(): void;
}

/** On a free port of the loopback. */
export async function startAuthorizationService(): Promise<AuthorizationTestService> {
  const server = new Server();
  const asked: string[] = [];
  server.addService(definition, {
    Check(
      call: { request: Buffer },
      done: (error: { code: number; details: string } | null, octets?: Buffer) => void,
    ) {
      const question = JSON.stringify(show(call.request, checkRequest));
      asked.push(question);
      const plan = /"x-plan":"([^"]*)"/.exec(question)?.[1] ?? 'asked';
      if (plan === 'never') return;
      if (plan === 'fail') done({ code: status.UNAVAILABLE, details: 'no' });
      else done(null, (plans[plan] ?? plans.asked)?.(question));
    },
  });
  const port = await new Promise<number>((bound, fail) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) =>
      error === null ? bound(at) : fail(error),
    );
  });
  return { port, asked, close: () => server.forceShutdown() };
}
