/**
 * Cases of the compressor and the decompressor for `filters-parity`.
 */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { DifferentialCase } from './differential.js';

type Json = Record<string, unknown>;
type Case = Omit<DifferentialCase, 'id'>;

const types = 'type.googleapis.com/envoy.extensions.';
const library = (kind: 'compressor' | 'decompressor', encoding = 'gzip', config: Json = {}): Json => ({
  name: 'lib',
  typed_config: {
    '@type': `${types}compression.${encoding}.${kind}.v3.${encoding === 'gzip' ? 'Gzip' : 'Brotli'}`,
    ...config,
  },
});

function compressor(config: Json = {}, encoding = 'gzip', options: Json = {}): Json {
  return {
    name: 'envoy.filters.http.compressor',
    typed_config: {
      '@type': `${types}filters.http.compressor.v3.Compressor`,
      compressor_library: library('compressor', encoding, options),
      ...config,
    },
  };
}

function decompressor(config: Json = {}, encoding = 'gzip', options: Json = {}): Json {
  return {
    name: 'envoy.filters.http.decompressor',
    typed_config: {
      '@type': `${types}filters.http.decompressor.v3.Decompressor`,
      decompressor_library: library('decompressor', encoding, options),
      ...config,
    },
  };
}

const get = (headers: readonly string[] = []): string =>
  `${['GET /x HTTP/1.1', 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;
const text = 'compress me, compress me, compress me, compress me';
const answerOf = (headers: readonly string[], body = text, status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\n${[...headers, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;
const plain = 'content-type: text/plain';
const accepts = (value: string): string[] => [`accept-encoding: ${value}`];

function compressed(config: Json, more: Partial<Case> = {}): Case {
  return {
    request: get(accepts('gzip')),
    answer: answerOf([plain]),
    filters: [compressor(config)],
    stats: 'http.PREFIX.compressor',
    // Not how long it is: two compressors need not agree.
    logFormat: '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%',
    ...more,
  };
}

const newer = (config: Json = {}, common: Json = {}): Json => ({
  response_direction_config: { common_config: common, ...config },
});
const accepted = (value: string): Case => compressed(newer(), { request: get(accepts(value)) });
const both = [compressor(newer(), 'gzip'), compressor(newer(), 'brotli')];
const perRoute = (config: Json): Partial<Case> => ({
  virtualHosts: [
    {
      name: 'v',
      domains: ['*'],
      routes: [
        {
          match: { prefix: '/' },
          route: { cluster: 'CLUSTER' },
          typed_per_filter_config: {
            'envoy.filters.http.compressor': {
              '@type': `${types}filters.http.compressor.v3.CompressorPerRoute`,
              ...config,
            },
          },
        },
      ],
    },
  ],
});
const requestOn = {
  request_direction_config: { common_config: { enabled: { default_value: true, runtime_key: 'r' } } },
};
const post = (body: string, headers: readonly string[]): string =>
  `POST /x HTTP/1.1\r\nHost: a\r\n${headers.map((one) => `${one}\r\n`).join('')}content-length: ${body.length}\r\n\r\n${body}`;

export const compressorCases: Record<string, Case> = {
  gzip: compressed(newer()),
  'the older message': compressed({}),
  brotli: compressed({}, { filters: [compressor(newer(), 'brotli')], request: get(accepts('br')) }),
  'brotli with options': compressed(
    {},
    {
      filters: [
        compressor(newer(), 'brotli', {
          quality: 5,
          encoder_mode: 'TEXT',
          window_bits: 16,
          chunk_size: 8192,
        }),
      ],
      request: get(accepts('br')),
    },
  ),
  'gzip with options': compressed(
    {},
    {
      filters: [
        compressor(newer(), 'gzip', {
          memory_level: 9,
          compression_level: 'BEST_COMPRESSION',
          compression_strategy: 'HUFFMAN_ONLY',
          window_bits: 15,
        }),
      ],
    },
  ),
  'nothing accepted': compressed(newer(), { request: get() }),
  'accept: empty': accepted(''),
  'accept: identity': accepted('identity'),
  'accept: other': accepted('deflate'),
  'accept: star': accepted('*'),
  'accept: star but not gzip': accepted('gzip;q=0, *'),
  'accept: gzip;q=0': accepted('gzip;q=0'),
  'accept: gzip;q=0.5, identity': accepted('gzip;q=0.5, identity'),
  'accept: gzip;q=0.5, identity;q=0.4': accepted('gzip;q=0.5, identity;q=0.4'),
  'accept: deflate, gzip;q=0.2': accepted('deflate, gzip;q=0.2'),
  'accept: bad quality': accepted('gzip;q=x'),
  'accept: upper case': accepted('GZIP'),
  'accept: spaces': accepted(' gzip ; q = 1 '),
  'accept: x-gzip': accepted('x-gzip'),
  'accept: identity;q=0': accepted('identity;q=0'),
  'accept: star;q=0': accepted('*;q=0'),
  'two compressors': compressed({}, { filters: both, request: get(accepts('gzip, br')) }),
  'two compressors, better': compressed({}, { filters: both, request: get(accepts('gzip;q=0.5, br')) }),
  'two compressors, worse': compressed({}, { filters: both, request: get(accepts('gzip, br;q=0.5')) }),
  'two compressors, star': compressed({}, { filters: both, request: get(accepts('*')) }),
  'two compressors, choose first': compressed(
    {},
    {
      filters: [compressor(newer()), compressor({ ...newer(), choose_first: true }, 'brotli')],
      request: get(accepts('gzip, br')),
    },
  ),
  'too short': compressed(newer(), { answer: answerOf([plain], 'short') }),
  'shorter allowed': compressed(newer({}, { min_content_length: 5 }), { answer: answerOf([plain], 'short') }),
  'another type': compressed(newer(), { answer: answerOf(['content-type: image/png']) }),
  'a type with parameters': compressed(newer(), {
    answer: answerOf(['content-type: text/html; charset=utf-8']),
  }),
  'no type': compressed(newer(), { answer: answerOf([]) }),
  'named types': compressed(newer({}, { content_type: ['a/b'] }), {
    answer: answerOf(['content-type: a/b']),
  }),
  'named types, other': compressed(newer({}, { content_type: ['a/b'] })),
  'matched types': compressed(newer({}, { content_type_matcher: [{ prefix: 'text/' }] }), {
    answer: answerOf(['content-type: text/x-own; q=1']),
  }),
  chunked: compressed(newer(), {
    answer: `HTTP/1.1 200 OK\r\n${plain}\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  }),
  'in pieces': compressed(newer(), {
    answer: answerOf([plain]).replace('me, ', 'me\0, '),
    answerPauseMs: 100,
  }),
  'until the end of the connection': compressed(newer(), {
    answer: `HTTP/1.1 200 OK\r\n${plain}\r\n\r\n${text}`,
    answerCloses: true,
  }),
  'encoded already': compressed(newer(), { answer: answerOf([plain, 'content-encoding: br']) }),
  'no-transform': compressed(newer(), { answer: answerOf([plain, 'cache-control: public, no-transform']) }),
  'strong etag': compressed(newer(), { answer: answerOf([plain, 'etag: "a"']) }),
  'weak etag': compressed(newer(), { answer: answerOf([plain, 'etag: W/"a"']) }),
  'etag weakened': compressed(newer({ weaken_etag_on_compress: true }), {
    answer: answerOf([plain, 'etag: "a"']),
  }),
  'etag forbids': compressed(newer({ disable_on_etag_header: true }), {
    answer: answerOf([plain, 'etag: "a"']),
  }),
  vary: compressed(newer(), { answer: answerOf([plain, 'vary: Origin']) }),
  'vary has it': compressed(newer(), { answer: answerOf([plain, 'vary: accept-encoding']) }),
  'vary without compression': compressed(newer(), { request: get(), answer: answerOf([plain]) }),
  'accept-encoding removed': compressed(newer({ remove_accept_encoding_header: true })),
  codes: compressed(newer({ uncompressible_response_codes: [201] }), {
    answer: answerOf([plain], text, '201 Created'),
  }),
  '206': compressed(newer(), {
    answer: answerOf([plain, 'content-range: bytes 0-49/100'], text, '206 Partial Content'),
  }),
  off: compressed(newer({}, { enabled: { default_value: false, runtime_key: 'e' } })),
  'off on the route': compressed(newer(), perRoute({ disabled: true })),
  'overridden on the route': compressed(
    newer({ remove_accept_encoding_header: true }),
    perRoute({ overrides: { response_direction_config: { remove_accept_encoding_header: false } } }),
  ),
  'off, overridden on the route': compressed(
    newer({}, { enabled: { default_value: false, runtime_key: 'e' } }),
    perRoute({ overrides: { response_direction_config: {} } }),
  ),
  HEAD: compressed(newer(), { request: get(accepts('gzip')).replace('GET', 'HEAD') }),
  'a local reply': compressed(newer(), { refused: true }),
  requests: compressed(requestOn, { request: post(text, [plain]) }),
  'requests, too short': compressed(requestOn, { request: post('short', [plain]) }),
  'requests, encoded': compressed(requestOn, { request: post(text, [plain, 'content-encoding: br']) }),
};

const gz = (body: string): string => gzipSync(Buffer.from(body)).toString('latin1');
const br = (body: string): string => brotliCompressSync(Buffer.from(body)).toString('latin1');

function decompressed(config: Json, more: Partial<Case> = {}): Case {
  return {
    request: get(),
    answer: answerOf([plain, 'content-encoding: gzip'], gz(text)),
    filters: [decompressor(config)],
    stats: 'http.PREFIX.decompressor',
    answerIsWhole: true,
    ...more,
  };
}

export const decompressorCases: Record<string, Case> = {
  'a response': decompressed({}),
  'a request': decompressed({}, { request: post(gz(text), ['content-encoding: gzip']) }),
  'a request in pieces': decompressed(
    {},
    {
      request: post(gz(text), ['content-encoding: gzip']).slice(0, -10),
      later: [[100, gz(text).slice(-10)]],
    },
  ),
  brotli: decompressed(
    {},
    {
      filters: [decompressor({}, 'brotli')],
      answer: answerOf([plain, 'content-encoding: br'], br(text)),
    },
  ),
  'not encoded': decompressed({}, { answer: answerOf([plain]) }),
  'otherwise encoded': decompressed({}, { answer: answerOf([plain, 'content-encoding: br'], br(text)) }),
  'encoded twice': decompressed({}, { answer: answerOf([plain, 'content-encoding: gzip, br'], gz(text)) }),
  'encoded twice, other order': decompressed(
    {},
    { answer: answerOf([plain, 'content-encoding: br, gzip'], gz(text)) },
  ),
  'upper case': decompressed({}, { answer: answerOf([plain, 'content-encoding: GZIP'], gz(text)) }),
  'no-transform': decompressed(
    {},
    { answer: answerOf([plain, 'content-encoding: gzip', 'cache-control: no-transform'], gz(text)) },
  ),
  'no-transform ignored': decompressed(
    { response_direction_config: { common_config: { ignore_no_transform_header: true } } },
    { answer: answerOf([plain, 'content-encoding: gzip', 'cache-control: no-transform'], gz(text)) },
  ),
  'not advertised': decompressed({ request_direction_config: { advertise_accept_encoding: false } }),
  'advertised beside': decompressed({}, { request: get(accepts('br')) }),
  'advertised once': decompressed({}, { request: get(accepts('br, gzip;q=0.5')) }),
  'responses off': decompressed({
    response_direction_config: { common_config: { enabled: { default_value: false, runtime_key: 'r' } } },
  }),
  'requests off': decompressed(
    { request_direction_config: { common_config: { enabled: { default_value: false, runtime_key: 'r' } } } },
    { request: post(gz(text), ['content-encoding: gzip']) },
  ),
  'bad octets': decompressed(
    {},
    { answer: answerOf([plain, 'content-encoding: gzip'], 'this is no gzip at all') },
  ),
  'cut octets': decompressed(
    {},
    { answer: answerOf([plain, 'content-encoding: gzip'], gz(text).slice(0, 20)) },
  ),
  'with the compressor': decompressed(
    {},
    { filters: [compressor(newer()), decompressor({})], request: get(accepts('gzip')) },
  ),
};
