/** gRPC for clients over HTTP/1.1: trailers become headers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { grpcHttp1BridgeFilterFactory } from '../../../../runtime/filters/http/grpc-http1-bridge/grpc-http1-bridge-filter.js';
import type { RequestHead, ResponseHead } from '../../../../runtime/http/codec.js';
import type { StreamFilter } from '../../../../runtime/http/filter.js';
import { filterRig, get, httpFilter, post } from './filter-rig.js';

const rig = (config: object = {}) => filterRig([httpFilter('grpc_http1_bridge.v3.Config', config)]);
const grpc = post('ab', ['content-type: application/grpc']);
test('a call that is not of gRPC goes through', async () => {
  const made = rig();
  const client = await made.request(get());
  await made.answer('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na');
  assert.match(client.written, /\r\n\r\na$/);
});

test('the response is kept to its end', async () => {
  const made = rig();
  const client = await made.request(grpc);
  await made.answer('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na');
  assert.is(client.written, '');
  await made.answer('bc');
  assert.match(client.written, /^HTTP\/1.1 200 OK\r\n.*\r\n\r\nabc$/s);
});

test('trailers become headers, and a failure another status', () => {
  const create = grpcHttp1BridgeFilterFactory.create({}, {} as never) as () => StreamFilter;
  for (const [status, code] of [
    ['0', 200],
    ['5', 503],
    ['x', 503],
  ] as const) {
    const filter = create();
    const head = { status: 200, headers: [] as string[] } as unknown as ResponseHead;
    const request = { headers: ['content-type', 'application/grpc'], protocol: 'HTTP/1.1' };
    filter.decodeHeaders?.(request as unknown as RequestHead, false);
    assert.is(filter.encodeHeaders?.(head, false), 'stop');
    assert.is(filter.encodeData?.(Buffer.from('abc'), false), 'stop');
    assert.is(filter.encodeTrailers?.(['grpc-status', status, 'grpc-message', 'm']), 'continue');
    assert.is(head.status, code);
    assert.equal(head.headers, ['grpc-status', status, 'grpc-message', 'm', 'content-length', '3']);
  }
});

test('the upgrade of other messages needs real Envoy', async () => {
  const { supportedFields } = await import('../../../../runtime/extensions.js');
  const support = supportedFields['envoy.extensions.filters.http.grpc_http1_bridge.v3.Config'];
  const upgrade = support?.upgrade_protobuf_to_grpc;
  assert.type(upgrade, 'function');
  assert.is(typeof upgrade === 'function' ? upgrade(false) : '', undefined);
  assert.match(typeof upgrade === 'function' ? (upgrade(true) ?? '') : '', /is served/);
});

test.run();
