/** What is compressed, for whom, and what others are told about it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gunzipSync, gzipSync } from 'node:zlib';
import { chooseEncoding } from '../../../../runtime/filters/http/compressor/choose-encoding.js';
import type { FakeSocket } from '../../http/http1/fake-socket.js';
import { filterRig, get, httpFilter, perRoute, post, routes } from './filter-rig.js';

const library = (kind: 'compressor' | 'decompressor'): object => ({
  name: 'lib',
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.compression.gzip.${kind}.v3.Gzip` },
});
const compressor = (config: object = { response_direction_config: {} }): object =>
  httpFilter('compressor.v3.Compressor', { compressor_library: library('compressor'), ...config });
const decompressor = (): object =>
  httpFilter('decompressor.v3.Decompressor', { decompressor_library: library('decompressor') });
const text = 'compress me, compress me, compress me';
const answer = (headers: string[] = [], body = text): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n${headers.map((one) => `${one}\r\n`).join('')}content-length: ${body.length}\r\n\r\n${body}`;

/** Waits for the end of the chunked body that a socket was written. */
async function body(socket: FakeSocket): Promise<Buffer> {
  while (!socket.written.endsWith('\r\n0\r\n\r\n')) await new Promise(setImmediate);
  const octets = socket.written.slice(socket.written.indexOf('\r\n\r\n') + 4);
  let whole = '';
  for (let at = 0; at < octets.length; ) {
    const end = octets.indexOf('\r\n', at);
    const size = Number.parseInt(octets.slice(at, end), 16);
    whole += octets.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
  return Buffer.from(whole, 'latin1');
}

test('a response for a client that takes it', async () => {
  const rig = filterRig([compressor()]);
  const client = await rig.request(get(['accept-encoding: gzip']));
  await rig.answer(answer(['etag: "a"', 'vary: Origin']));
  assert.is(gunzipSync(await body(client)).toString(), text);
  assert.match(client.written, /content-encoding: gzip\r\n/);
  assert.match(client.written, /vary: Origin, Accept-Encoding\r\n/);
  assert.not.match(client.written, 'etag');
  assert.is(rig.counter('http.p.compressor.lib.gzip.response.compressed'), 1);
  assert.is(rig.counter('http.p.compressor.lib.gzip.response.total_uncompressed_bytes'), text.length);
});

test('a response that comes in pieces leaves in pieces', async () => {
  const rig = filterRig([compressor()]);
  const client = await rig.request(get(['accept-encoding: gzip']));
  await rig.answer(answer().slice(0, -10));
  while (!client.written.includes('\r\n\r\n')) await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.not.match(client.written, /\r\n0\r\n\r\n$/);
  await rig.answer(text.slice(-10));
  assert.is(gunzipSync(await body(client)).toString(), text);
});

test('what is not compressed', async () => {
  const plain = async (request: string, response: string, more: object = {}): Promise<string> => {
    const rig = filterRig([compressor()], routes(more));
    const client = await rig.request(request);
    await rig.answer(response);
    assert.not.match(client.written, 'content-encoding: gzip');
    return client.written;
  };
  const gzip = get(['accept-encoding: gzip']);
  assert.match(await plain(get(), answer()), 'vary: Accept-Encoding');
  await plain(gzip, answer([], 'short'));
  await plain(gzip, answer(['content-encoding: br']));
  await plain(gzip, answer(['cache-control: no-transform']));
  await plain(gzip, answer().replace('text/plain', 'image/png'));
  await plain(gzip, answer(), perRoute('compressor.v3.CompressorPerRoute', { disabled: true }));
});

test('requests, where that is asked for', async () => {
  const enabled = { enabled: { default_value: true } };
  const rig = filterRig([compressor({ request_direction_config: { common_config: enabled } })]);
  await rig.request(post(text, ['content-type: text/plain']));
  assert.is(gunzipSync(await body(rig.upstream())).toString(), text);
  assert.match(rig.upstream().written, 'content-encoding: gzip');
});

test('the decompressor: requests and responses', async () => {
  const rig = filterRig([decompressor()]);
  const octets = gzipSync(Buffer.from(text)).toString('latin1');
  const client = await rig.request(post(octets, ['content-encoding: gzip']));
  assert.is((await body(rig.upstream())).toString(), text);
  assert.match(rig.upstream().written, /accept-encoding: gzip\r\n/);
  assert.not.match(rig.upstream().written, 'content-encoding');
  await rig.answer(answer(['content-encoding: gzip'], octets));
  assert.is((await body(client)).toString(), text);
});

test('octets that are no gzip end the body and are counted', async () => {
  const rig = filterRig([decompressor()]);
  const client = await rig.request(get());
  await rig.answer(answer(['content-encoding: gzip'], 'no gzip at all'));
  assert.is((await body(client)).length, 0);
  assert.is(rig.counter('http.p.decompressor.lib.gzip.decompressor_library.zlib_data_error'), 1);
});

test('a client that leaves while its response is compressed', async () => {
  const rig = filterRig([compressor()]);
  const client = await rig.request(get(['accept-encoding: gzip']));
  await rig.answer(answer());
  client.destroy();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.is(rig.gauge('http.p.downstream_rq_active'), 0);
});

test('the choice: quality first, then the order of the chain', () => {
  const choice = (header: string | undefined, offered = ['gzip', 'br']): string => {
    const { encoding, reason } = chooseEncoding(header, offered);
    return `${encoding} ${reason}`;
  };
  assert.is(choice(undefined), 'identity no_accept_header');
  assert.is(choice(''), 'identity header_not_valid');
  assert.is(choice('br, gzip'), 'gzip chosen');
  assert.is(choice('br, gzip;q=0.9'), 'br chosen');
  assert.is(choice('gzip;q=0.5, identity'), 'identity header_identity');
  assert.is(choice('*'), 'gzip header_wildcard');
  assert.is(choice('gzip;q=0, *'), 'br header_wildcard');
  assert.is(choice('gzip;q=0'), 'identity header_not_valid');
  assert.is(choice('gzip;q=oops, br'), 'br chosen');
  assert.is(choice('deflate'), 'identity header_not_valid');
});

test('a compressor that is not here is refused with its place', () => {
  const zstd = {
    name: 'z',
    typed_config: { '@type': 'type.googleapis.com/envoy.extensions.compression.zstd.compressor.v3.Zstd' },
  };
  assert.throws(
    () => filterRig([httpFilter('compressor.v3.Compressor', { compressor_library: zstd })]),
    (error: { path: unknown; unsupported: boolean }) => {
      assert.ok(error.unsupported);
      assert.equal(error.path, ['http_filters', 0, 'typed_config', 'compressor_library', 'typed_config']);
      return true;
    },
  );
});

test.run();
