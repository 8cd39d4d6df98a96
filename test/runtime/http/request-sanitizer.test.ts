/** Who the client is, and which headers it may send (order and values measured on Envoy 1.40). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RequestHead } from '../../../runtime/http/codec.js';
import { createRequestSanitizer } from '../../../runtime/http/request-sanitizer.js';

const peer = {
  remoteAddress: '10.0.0.1',
  remoteAddressText: '10.0.0.1:5000',
  localPort: 80,
  scheme: 'http',
} as const;
const node = { id: 'node', cluster: 'cluster' };

function go(manager: object, headers: readonly string[], from: string = peer.remoteAddress) {
  const head: RequestHead = {
    method: 'GET',
    path: '/',
    scheme: '',
    authority: 'a',
    headers: [...headers],
    upgrade: '',
    protocol: 'HTTP/1.1',
  };
  const facts = { downstreamRemoteAddress: '', isInternalRequest: false };
  const sanitize = createRequestSanitizer({ generate_request_id: false, ...manager }, node, '192.0.2.2');
  sanitize(head, { ...peer, remoteAddress: from, remoteAddressText: `${from}:5000` }, facts);
  return { headers: head.headers.join('|'), scheme: head.scheme, ...facts };
}

test('by default nothing is added but the protocol, and the last forwarded address is believed', () => {
  assert.equal(go({}, ['host', 'a']), {
    headers: 'host|a|x-forwarded-proto|http',
    scheme: 'http',
    downstreamRemoteAddress: '10.0.0.1:5000',
    isInternalRequest: false,
  });
  const forwarded = go({}, ['x-forwarded-for', '1.1.1.1, 2.2.2.2', 'x-forwarded-proto', 'https']);
  assert.is(forwarded.headers, 'x-forwarded-for|1.1.1.1, 2.2.2.2|x-forwarded-proto|https');
  assert.is(forwarded.downstreamRemoteAddress, '2.2.2.2:0');
  assert.is(forwarded.scheme, 'https');
});

test('use_remote_address believes the connection', () => {
  const manager = { use_remote_address: true };
  const { downstreamRemoteAddress, headers } = go(manager, [
    'x-forwarded-for',
    '1.1.1.1',
    'x-forwarded-proto',
    'https',
    'x-envoy-external-address',
    '6.6.6.6',
    'x-envoy-original-path',
    '/o',
  ]);
  assert.is(
    headers,
    'x-forwarded-for|1.1.1.1,10.0.0.1|x-forwarded-proto|http|x-envoy-external-address|10.0.0.1',
  );
  assert.is(downstreamRemoteAddress, '10.0.0.1:5000');
  assert.match(go(manager, [], '127.0.0.1').headers, 'x-forwarded-for|192.0.2.2|');
  assert.match(go(manager, [], '::1').headers, 'x-envoy-external-address|::1');
});

test('trusted hops are counted from the end', () => {
  const list = ['x-forwarded-for', '1.1.1.1, 2.2.2.2, 3.3.3.3'];
  const remote = (hops: number) =>
    go({ use_remote_address: true, xff_num_trusted_hops: hops }, list).downstreamRemoteAddress;
  assert.equal([1, 2, 3, 4].map(remote), ['3.3.3.3:0', '2.2.2.2:0', '1.1.1.1:0', '10.0.0.1:5000']);
  const plain = (hops: number) => go({ xff_num_trusted_hops: hops }, list).downstreamRemoteAddress;
  assert.equal([0, 1, 2, 3].map(plain), ['3.3.3.3:0', '2.2.2.2:0', '1.1.1.1:0', '10.0.0.1:5000']);
  assert.is(go({}, ['x-forwarded-for', 'nobody']).downstreamRemoteAddress, '10.0.0.1:5000');
  assert.is(go({}, ['x-forwarded-for', '2001:db8::1']).downstreamRemoteAddress, '[2001:db8::1]:0');
});

test('strangers cannot steer the router', () => {
  const { headers } = go({}, [
    'x-envoy-retry-on',
    '5xx',
    'x-envoy-internal',
    'true',
    'x-envoy-upstream-rq-timeout-ms',
    '1',
    'x-forwarded-client-cert',
    'By=x',
    'x-envoy-foo',
    'kept',
  ]);
  assert.is(headers, 'x-envoy-foo|kept|x-forwarded-proto|http');
  assert.match(
    go({ forward_client_cert_details: 'ALWAYS_FORWARD_ONLY' }, ['x-forwarded-client-cert', 'By=x']).headers,
    'x-forwarded-client-cert|By=x',
  );
});

test('who is inside is told by one address that nobody could have invented', () => {
  const manager = {
    use_remote_address: true,
    internal_address_config: { cidr_ranges: [{ address_prefix: '10.0.0.0', prefix_len: 8 }] },
  };
  const inside = go(manager, ['x-envoy-retry-on', '5xx']);
  assert.ok(inside.isInternalRequest);
  assert.match(inside.headers, 'x-envoy-retry-on|5xx');
  assert.match(inside.headers, 'x-envoy-internal|true');
  assert.not.match(inside.headers, 'external-address');
  assert.not.ok(go(manager, ['x-forwarded-for', '10.1.1.1']).isInternalRequest);
  assert.not.ok(go(manager, [], '11.0.0.1').isInternalRequest);
});

test('the request id', () => {
  const id = (manager: object, headers: readonly string[]) =>
    go({ generate_request_id: true, ...manager }, headers)
      .headers.split('x-request-id|')[1]
      ?.split('|')[0];
  assert.match(id({}, []) as string, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.is(id({}, ['x-request-id', 'abc']), 'abc');
  assert.is.not(id({ use_remote_address: true }, ['x-request-id', 'abc']), 'abc');
  assert.is(
    id({ use_remote_address: true, preserve_external_request_id: true }, ['x-request-id', 'abc']),
    'abc',
  );
});

test('what else a configuration may add', () => {
  assert.match(go({ via: '1.1 edge' }, ['via', '1.0 c']).headers, 'via|1.0 c, 1.1 edge');
  assert.match(go({ append_x_forwarded_port: true }, []).headers, 'x-forwarded-port|80');
  assert.match(
    go({ add_user_agent: true }, ['user-agent', '']).headers,
    'user-agent|cluster|x-forwarded-proto|http|x-envoy-downstream-service-cluster|cluster|x-envoy-downstream-service-node|node',
  );
  const scheme = go({ scheme_header_transformation: { scheme_to_overwrite: 'https' } }, []);
  assert.is(scheme.scheme, 'https');
  assert.is(scheme.headers, 'x-forwarded-proto|https');
});

test('bad referers go', () => {
  const passes = (value: string): boolean => go({}, ['referer', value]).headers.includes('referer');
  for (const value of ['notaurl', '/x', 'https://x.example:81/y?z', 'ftp://x/y'])
    assert.ok(passes(value), value);
  for (const value of ['ht^tp://x', 'http://x/#f', 'http://u:p@x/']) assert.not.ok(passes(value), value);
});

test.run();
