/** Requests that go on as a whole. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settle } from '../../http/http1/fake-socket.js';
import { filterRig, get, httpFilter, perRoute, post, routes } from './filter-rig.js';

const buffer = (bytes: number): object[] => [httpFilter('buffer.v3.Buffer', { max_request_bytes: bytes })];
const chunked = get(['transfer-encoding: chunked'], '/x', 'POST');

test('nothing goes on before the end; the length is told', async () => {
  const rig = filterRig(buffer(8));
  const client = await rig.request(`${chunked}3\r\nabc\r\n`);
  assert.is(rig.upstreams.length, 0);
  client.receive('2\r\nde\r\n0\r\n\r\n');
  await settle();
  const { written } = rig.upstream();
  assert.match(written, /\r\ncontent-length: 5\r\n/);
  assert.match(written, /\r\n\r\nabcde$/);
  assert.not.match(written, 'transfer-encoding');
});

test('a request that is too long is refused, and its connection ends', async () => {
  const rig = filterRig(buffer(4));
  const client = await rig.request(post('12345'));
  assert.match(client.written, /^HTTP\/1.1 413 .*connection: close.*Payload Too Large$/s);
  assert.is(rig.upstreams.length, 0);
  assert.match(rig.logLines.join(), /^413 - request_payload_too_large/);
  assert.is(rig.counter('http.p.downstream_rq_too_large'), 1);
});

test('the limit of the listener does not count any more', async () => {
  const rig = filterRig(buffer(100), routes(), { bufferLimitBytes: 4 });
  await rig.request(`${chunked}6\r\nabcdef\r\n0\r\n\r\n`);
  assert.match(rig.upstream().written, /abcdef$/);
});

test('routes have limits of their own, or none', async () => {
  const longer = perRoute('buffer.v3.BufferPerRoute', { buffer: { max_request_bytes: 5 } });
  const rig = filterRig(buffer(4), routes(longer));
  await rig.request(post('12345'));
  assert.match(rig.upstream().written, /12345$/);
  const off = filterRig(buffer(4), routes(perRoute('buffer.v3.BufferPerRoute', { disabled: true })));
  await off.request(`${chunked}6\r\nabcdef\r\n`);
  assert.match(off.upstream().written, /abcdef\r\n$/);
});

test.run();
