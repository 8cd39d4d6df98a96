/** External authorization over HTTP: what the service is asked, and what becomes of its verdict. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settle } from '../../http/http1/fake-socket.js';
import type { ManagerRig } from '../../http/manager-rig.js';
import { filterRig, get, httpFilter, ok, perRoute, post, routes } from './filter-rig.js';

const names = (...patterns: string[]): object => ({ patterns: patterns.map((exact) => ({ exact })) });

/** The service and the upstream are the cluster `c`. */
function rig(service: object = {}, config: object = {}, route_config: object = routes()): ManagerRig {
  const server_uri = { uri: 'http://authz/', cluster: 'c', timeout: '0.2s' };
  return filterRig(
    [httpFilter('ext_authz.v3.ExtAuthz', { http_service: { server_uri, ...service }, ...config })],
    route_config,
  );
}

const answer = (status: number, headers: string[] = [], body = ''): string =>
  `HTTP/1.1 ${status} X\r\n${headers.map((one) => `${one}\r\n`).join('')}content-length: ${body.length}\r\n\r\n${body}`;

test('a request passes when the service says 200; its headers go where they may', async () => {
  const made = rig({
    path_prefix: '/check',
    authorization_response: {
      allowed_upstream_headers: names('x-user'),
      allowed_upstream_headers_to_append: names('x-more'),
      allowed_client_headers_on_success: names('x-client'),
    },
  });
  const client = await made.request(
    get(['authorization: basic', 'x-user: forged', 'x-other: 1', 'x-gone: 1']),
  );
  assert.is(
    made.upstream().written,
    'GET /check/x HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\nauthorization: basic\r\nx-envoy-internal: true\r\n' +
      'x-envoy-expected-rq-timeout-ms: 200\r\n\r\n',
  );
  await made.answer(
    answer(200, [
      'x-user: joe',
      'x-more: 2',
      'x-client: 3',
      'x-secret: 4',
      'x-envoy-auth-headers-to-remove: x-gone, host',
    ]),
  );
  const request = made.upstream(1).written;
  assert.match(request, /^GET \/x HTTP\/1.1\r\nhost: a\r\n/);
  assert.match(request, /x-user: joe\r\nx-more: 2\r\n/);
  assert.not.match(request, /forged|x-secret|x-gone/);
  await made.answer(ok, 1);
  assert.match(client.written, /x-client: 3/);
  assert.is(made.counter('http.p.ext_authz.ok'), 1);
  assert.is(made.counter('cluster.c.ext_authz.ok'), 1);
});

test('a verdict that denies is the answer', async () => {
  const made = rig();
  const client = await made.request(get());
  await made.answer(answer(401, ['www-authenticate: Basic', 'x-any: 1'], 'no'));
  assert.match(client.written, /^HTTP\/1.1 401 .*www-authenticate: Basic\r\nx-any: 1\r\n.*no$/s);
  assert.match(made.logLines.join(), /^401 UAEX ext_authz_denied/);
});

test('only named headers of a denial go to the client, where some are named', async () => {
  const made = rig({ authorization_response: { allowed_client_headers: names('x-one') } });
  const client = await made.request(get());
  await made.answer(answer(302, ['location: /login', 'x-one: 1', 'x-two: 2']));
  assert.match(client.written, /location: \/login\r\nx-one: 1/);
  assert.not.match(client.written, 'x-two');
});

test('failures are refused, or let through and told', async () => {
  const shut = rig();
  await shut.request(get());
  await shut.answer(answer(500));
  assert.match(shut.logLines.join(), /^403 UAEX ext_authz_error/);
  const open = rig({}, { failure_mode_allow: true, failure_mode_allow_header_add: true });
  await open.request(get());
  await open.answer(answer(503));
  assert.match(open.upstream(1).written, 'x-envoy-auth-failure-mode-allowed: true');
});

test('a service that is slow, gone or without hosts', async () => {
  const slow = rig();
  await slow.request(get());
  await slow.pass(199);
  assert.is(slow.logLines.length, 0);
  await slow.pass(1);
  assert.match(slow.logLines.join(), /^403 UAEX ext_authz_error/);
  const gone = rig({}, { failure_mode_allow: true });
  gone.poolMode = 'remote connection failure';
  await gone.request(get());
  assert.match(gone.logLines.join(), /^503 UF/, 'let through, and the upstream is gone, too');
  const empty = rig();
  empty.hasHosts = false;
  await empty.request(get());
  assert.match(empty.logLines.join(), /^403 UAEX/);
});

test('a client that leaves ends the question', async () => {
  const made = rig();
  made.poolMode = 'wait';
  const client = await made.request(get());
  client.destroy();
  await settle();
  assert.is(made.cancelled, 1);
});

test('bodies go to the service, whole or in part', async () => {
  const whole = rig({}, { with_request_body: { max_request_bytes: 5 } });
  await whole.request(post('hello'));
  assert.match(whole.upstream().written, /x-envoy-auth-partial-body: false\r\n.*\r\n\r\nhello$/s);
  await whole.answer(answer(200));
  assert.match(whole.upstream(1).written, /\r\n\r\nhello$/);
  const tooLong = rig({}, { with_request_body: { max_request_bytes: 4 } });
  await tooLong.request(post('hello'));
  assert.match(tooLong.logLines.join(), /^413 /);
  const part = rig({}, { with_request_body: { max_request_bytes: 4, allow_partial_message: true } });
  await part.request(post('hello'));
  assert.match(
    part.upstream().written,
    /content-length: 4\r\n.*x-envoy-auth-partial-body: true\r\n.*\r\n\r\nhell$/s,
  );
  await part.answer(answer(200));
  assert.match(part.upstream(1).written, /\r\n\r\nhello$/);
});

test('routes turn it off', async () => {
  const made = rig({}, {}, routes(perRoute('ext_authz.v3.ExtAuthzPerRoute', { disabled: true })));
  await made.request(get());
  assert.match(made.upstream().written, /^GET \/x HTTP/);
});

test.run();
