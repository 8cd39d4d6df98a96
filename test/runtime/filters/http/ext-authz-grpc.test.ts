/** The authorization service over gRPC: what it is asked, and what becomes of its answers. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ProtobufError, ProtobufWriter } from '../../../../runtime/common/protobuf.js';
import { withQueryParameter } from '../../../../runtime/common/query-parameters.js';
import { readCheckResponse } from '../../../../runtime/filters/http/ext-authz/check-response.js';
import { splitAddress } from '../../../../runtime/filters/http/ext-authz/split-address.js';
import type { RequestHead } from '../../../../runtime/http/codec.js';
import type { AuthorizationTestService } from '../../../support/authorization-service.js';
import { startAuthorizationService } from '../../../support/authorization-service.js';
import type { ManagerRig } from '../../http/manager-rig.js';
import { settle } from '../../http/http1/fake-socket.js';
import { filterRig, get, httpFilter, perRoute, post, routes } from './filter-rig.js';

let service: AuthorizationTestService;

test.before(async () => {
  service = await startAuthorizationService();
});

test.after(() => service.close());

test.before.each(() => void service.asked.splice(0));

function rig(config: object = {}, route_config: object = routes(), timeout = '1s'): ManagerRig {
  const google_grpc = { target_uri: `127.0.0.1:${service.port}` };
  const filter = httpFilter('ext_authz.v3.ExtAuthz', { grpc_service: { google_grpc, timeout }, ...config });
  const made = filterRig([filter], route_config);
  Object.assign(made.cluster, { observabilityName: 'c' });
  return made;
}

const plan = (name: string, headers: readonly string[] = []): string => get([`x-plan: ${name}`, ...headers]);

/** Turns of the event loop until something has happened; the clock stands still meanwhile. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise(setImmediate);
}

interface Asked {
  readonly attributes: {
    readonly source: object;
    readonly destination: object;
    readonly context_extensions?: object;
    readonly request: {
      readonly http: {
        readonly id?: string;
        readonly headers: Record<string, string>;
        readonly body?: string;
      };
    };
  };
}
const asked = (): Asked => JSON.parse(service.asked[0] as string) as Asked;

test('the service is told of the request, and of both ends', async () => {
  const made = rig({ disallowed_headers: { patterns: [{ exact: 'x-secret' }] } });
  await made.request(plan('asked', ['x-two: 1', 'x-two: 2', 'x-secret: s']));
  await until(() => made.upstreams.length === 1);
  const { destination, request, source } = asked().attributes;
  assert.equal(source, { address: { socket: { address: '10.0.0.1', port: 'there' } } });
  assert.equal(destination, { address: { socket: { address: '10.0.0.2', port: 'there' } } });
  const { headers } = request.http;
  assert.is(request.http.id, 'there', 'whatever the headers have');
  assert.is(headers['x-request-id'], undefined);
  assert.is(headers[':path'], '/x');
  assert.is(headers['x-two'], '1,2');
  assert.is(headers['x-secret'], undefined);
  assert.is(made.counter('http.p.ext_authz.ok'), 1);
});

test('a body is told where that is asked for', async () => {
  const made = rig({ with_request_body: { max_request_bytes: 3, allow_partial_message: true } });
  await made.request(post('abcde'));
  await until(() => made.upstreams.length === 1);
  const { body, headers } = asked().attributes.request.http;
  assert.is(body, 'abc');
  assert.is(headers['x-envoy-auth-partial-body'], 'true');
  assert.match(made.upstream().written, /\r\n\r\nabcde$/);
});

test('extensions of all levels are told, those of the route go first', async () => {
  const type = 'ext_authz.v3.ExtAuthzPerRoute';
  const check = (context_extensions: object): object =>
    perRoute(type, { check_settings: { context_extensions } });
  const made = rig({}, routes(check({ a: 'route' }), check({ a: 'host', b: 'host' })));
  await made.request(plan('asked'));
  await until(() => service.asked.length === 1);
  assert.equal(asked().attributes.context_extensions, { a: 'route', b: 'host' });
});

test('a refusal has the status, the headers and the body of the service', async () => {
  const made = rig();
  const client = await made.request(plan('denied'));
  await until(() => client.written !== '');
  assert.match(client.written, /^HTTP\/1.1 401 .*x-why: no\r\nset-cookie: a\r\nset-cookie: b\r\n.*<no>$/s);
  assert.match(made.logLines.join(), /^401 UAEX ext_authz_denied/);
});

test('failures are refused, or let through', async () => {
  const shut = rig();
  const client = await shut.request(plan('fail'));
  await until(() => client.written !== '');
  assert.match(shut.logLines.join(), /^403 UAEX ext_authz_error/);
  const open = rig({ failure_mode_allow: true });
  await open.request(plan('fail'));
  await until(() => open.upstreams.length === 1);
  assert.is(open.counter('http.p.ext_authz.failure_mode_allowed'), 1);
});

test('an error of the service has its own answer', async () => {
  const client = await rig().request(plan('error'));
  await until(() => client.written !== '');
  assert.match(client.written, /^HTTP\/1.1 401 .*x-why: no\r\n.*<no>$/s);
});

test('a service that does not answer costs the time-out', async () => {
  const made = rig({}, routes(), '0.5s');
  await made.request(plan('never'));
  await until(() => service.asked.length === 1);
  await made.pass(499);
  assert.is(made.logLines.length, 0);
  await made.pass(1);
  assert.match(made.logLines.join(), /^403 UAEX/);
});

test('a client that leaves ends the question', async () => {
  const made = rig();
  const client = await made.request(plan('never'));
  await until(() => service.asked.length === 1);
  client.destroy();
  await settle();
  await made.pass(2000);
  assert.is(made.upstreams.length, 0);
  assert.is(made.gauge('http.p.downstream_rq_active'), 0);
});

test('nothing that a service says can forge a request', () => {
  const head = (): RequestHead => ({
    method: 'GET',
    path: '/x?a=1',
    scheme: 'http',
    authority: 'a',
    headers: ['host', 'a'],
    upgrade: '',
    protocol: 'HTTP/1.1',
  });
  const option = (key: string, value: string): Buffer =>
    new ProtobufWriter()
      .octets(1, new ProtobufWriter().text(1, key).text(2, value).finish())
      .number(3, 2)
      .finish();
  const apply = (...options: Buffer[]): RequestHead => {
    const ok = new ProtobufWriter();
    for (const one of options) ok.octets(2, one);
    const verdict = readCheckResponse(new ProtobufWriter().octets(3, ok.finish()).finish());
    const changed = head();
    if (verdict.kind === 'allow') verdict.changeRequest(changed);
    return changed;
  };
  assert.equal(
    apply(
      option('x-a', '1\r\nx-b: 2'),
      option('x a', '1'),
      option(':path', '/a b'),
      option(':path', 'a'),
      option(':authority', 'a/b'),
      option(':method', 'GET /'),
      option(':scheme', 'https'),
    ),
    head(),
  );
  assert.is(apply(option(':path', '/y')).path, '/y');
  assert.is(withQueryParameter('/x?a=1', 'b', 'c&d=e f\r\n#'), '/x?a=1&b=c%26d=e%20f%0D%0A%23');
});

test('octets that are no message are an error, and never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
      try {
        readCheckResponse(Buffer.from(octets));
      } catch (error) {
        assert.ok(error instanceof ProtobufError || error instanceof RangeError, String(error));
      }
    }),
  );
});

test('addresses are taken apart', () => {
  assert.equal(splitAddress('1.2.3.4:5'), { ip: '1.2.3.4', port: 5 });
  assert.equal(splitAddress('[::1]:5'), { ip: '::1', port: 5 });
  assert.is(splitAddress('/run/socket'), undefined);
});

test.run();
