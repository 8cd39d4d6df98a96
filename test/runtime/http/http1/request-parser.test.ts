/** One head at a time: what Envoy 1.40 makes of each (measured), and the few inputs that are refused here instead. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Http1ServerOptions } from '../../../../runtime/http/http1/http1-options.js';
import { http1ServerDefaults } from '../../../../runtime/http/http1/http1-options.js';
import { RequestParser } from '../../../../runtime/http/http1/request-parser.js';
import { FakeClock } from '../../../support/fake-clock.js';

function parse(text: string, options: Partial<Http1ServerOptions> = {}): string {
  const parser = new RequestParser({
    ...http1ServerDefaults,
    clock: new FakeClock(),
    scheme: 'http',
    ...options,
  });
  const end = parser.parse(Buffer.from(text, 'latin1'), 0);
  if (parser.error !== undefined) return `${parser.error.status} ${parser.error.details}`;
  if (parser.head === undefined) return 'incomplete';
  const { method, path, headers, upgrade, protocol } = parser.head;
  const rest = text.length > end ? ` +${text.length - end}` : '';
  const lines: string[] = [];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  const version = protocol === 'HTTP/1.1' ? '' : ` ${protocol}`;
  return `${method} ${path}${version} [${lines.join('|')}]${upgrade && ` upgrade ${upgrade}`}${rest}`;
}

const codecError = '400 http1.codec_error';
const invalidUrl = '400 http1.invalid_url';
const characters = '400 http1.invalid_characters';

/** `request line` -> outcome, with `Host: a` behind it. */
const requestLines: readonly (readonly [string, string])[] = [
  ['GET /x?y=1 HTTP/1.1', 'GET /x?y=1 [host: a]'],
  ['GET  /a HTTP/1.1', 'GET /a [host: a]'],
  ['GET\t/a\tHTTP/1.1', 'GET /a [host: a]'],
  ['GET /a HTTP/1.1 ', 'GET /a [host: a]'],
  ['\r\n\r\nGET /a HTTP/1.1', codecError], // the connection skips empty lines, not the parser
  [' GET /a HTTP/1.1', codecError],
  ['GET  HTTP/1.1', codecError],
  ['GET /a b HTTP/1.1', codecError],
  ['GET x/y HTTP/1.1', codecError],
  ['GET ?a=1 HTTP/1.1', codecError],
  ['GET b.example:80 HTTP/1.1', codecError],
  ['GET /\xe9\xff HTTP/1.1', codecError],
  ['GET /a\x01b HTTP/1.1', characters],
  ['GET /a\x00b HTTP/1.1', characters],
  ['GET /a\x7fb HTTP/1.1', characters],
  ['GET /a\x0cb HTTP/1.1', characters],
  ['GET /a HTTP/1.1\x01', characters],
  ['GET /a\rb HTTP/1.1', codecError],
  ['GET /a|b"<>\\^`{} HTTP/1.1', 'GET /a|b"<>\\^`{} [host: a]'],
  ['GET /a%zz%4%00 HTTP/1.1', 'GET /a%zz%4%00 [host: a]'],
  ['GET /a#frag HTTP/1.1', 'GET /a#frag [host: a]'],
  ['GET /x HTTP/1.0', '426 low_version'],
  ['GET /x HTTP/1.2', '426 low_version'],
  ['GET /x HTTP/2.0', '426 low_version'],
  ['GET /x HTTP/3.0', '426 low_version'],
  ['GET /x', '426 low_version'],
  ['GET /x HTPP/1.1', codecError],
  ['GET /x http/1.1', codecError],
  ['GET /x HTTP/1.10', codecError],
  ['BAD', codecError],
  ['FOO /x HTTP/1.1', codecError],
  ['get /x HTTP/1.1', codecError],
  ['Get /x HTTP/1.1', codecError],
  ['G(T /x HTTP/1.1', codecError],
  ['PRI * HTTP/1.1', codecError],
  ['M-SEARCH /x HTTP/1.1', codecError],
  [`${'A'.repeat(300)} /x HTTP/1.1`, codecError],
  ['PROPFIND /x HTTP/1.1', 'PROPFIND /x [host: a]'],
  ['MSEARCH /x HTTP/1.1', 'MSEARCH /x [host: a]'],
  ['OPTIONS * HTTP/1.1', 'OPTIONS * [host: a]'],
  ['OPTIONS *x HTTP/1.1', 'OPTIONS *x [host: a]'],
  ['GET * HTTP/1.1', invalidUrl],
  ['GET *x HTTP/1.1', invalidUrl],
  ['GET http://b.example/p?q HTTP/1.1', 'GET /p?q [host: b.example]'],
  ['GET HTTP://b.example:81/p HTTP/1.1', 'GET /p [host: b.example:81]'],
  ['GET https://b.example/p HTTP/1.1', 'GET /p [host: b.example]'],
  ['GET http://b.example HTTP/1.1', 'GET / [host: b.example]'],
  ['OPTIONS http://b.example HTTP/1.1', 'OPTIONS / [host: b.example]'],
  ['GET http://b.example?x=1 HTTP/1.1', 'GET ?x=1 [host: b.example]'],
  ['GET http://b/p#f HTTP/1.1', 'GET /p#f [host: b]'],
  ['GET http://u:p@b.example/ HTTP/1.1', 'GET / [host: b.example]'],
  ['GET http://@b/p HTTP/1.1', 'GET /p [host: b]'],
  ['GET http://[::1]:80/p HTTP/1.1', 'GET /p [host: [::1]:80]'],
  ['GET http://[::1]/p HTTP/1.1', 'GET /p [host: [::1]]'],
  ['GET http://h:0/p HTTP/1.1', 'GET /p [host: h:0]'],
  ['GET http://a..b/p HTTP/1.1', 'GET /p [host: a..b]'],
  ['GET http://-a/p HTTP/1.1', 'GET /p [host: -a]'],
  ['GET ftp://b.example/ HTTP/1.1', '400 http1.invalid_scheme'],
  ['GET ws://h/p HTTP/1.1', '400 http1.invalid_scheme'],
  ['GET http:///p HTTP/1.1', invalidUrl],
  ['GET http:// HTTP/1.1', invalidUrl],
  ['GET http://h:xx/p HTTP/1.1', invalidUrl],
  ['GET http://h:/p HTTP/1.1', invalidUrl],
  ['GET http://h:99999/p HTTP/1.1', invalidUrl],
  ['GET http://[::1/p HTTP/1.1', invalidUrl],
  ['GET http://a@b@c/p HTTP/1.1', invalidUrl],
  ['GET http://a@@b/p HTTP/1.1', codecError],
  ['GET http://u@/p HTTP/1.1', invalidUrl],
  ['GET http://a_b/p HTTP/1.1', invalidUrl],
  ['GET http://a%41/p HTTP/1.1', invalidUrl],
  ['GET http://a,b/p HTTP/1.1', invalidUrl],
  ['CONNECT b.example:443 HTTP/1.1', 'CONNECT b.example:443 [host: b.example:443]'],
  ['CONNECT [::1]:80 HTTP/1.1', 'CONNECT [::1]:80 [host: [::1]:80]'],
  ['CONNECT h:0 HTTP/1.1', 'CONNECT h:0 [host: h:0]'],
  ['CONNECT b.example HTTP/1.1', invalidUrl],
  ['CONNECT /x HTTP/1.1', invalidUrl],
  ['CONNECT h: HTTP/1.1', invalidUrl],
  ['CONNECT h:65536 HTTP/1.1', invalidUrl],
  ['CONNECT u@h:80 HTTP/1.1', invalidUrl],
  ['CONNECT :80 HTTP/1.1', invalidUrl],
  ['CONNECT h:80/ HTTP/1.1', invalidUrl],
  ['CONNECT * HTTP/1.1', invalidUrl],
];

test('request lines', () => {
  for (const [line, expected] of requestLines) {
    const outcome = parse(`${line}\r\nHost: a\r\n\r\n`).replace(/ \+\d+$/, '');
    assert.is(outcome, expected, JSON.stringify(line));
  }
});

/** Header lines behind `GET /x` and before the empty line. */
const headerLines: readonly (readonly [string, string])[] = [
  ['Host: a\r\nZ: 1\r\nA: 2', 'host: a|z: 1|a: 2'],
  ['Z: 1\r\nHost: a', 'host: a|z: 1'],
  ['Z: 1', 'z: 1'],
  ['Host:', 'host: '],
  ['Host: u@h', 'host: u@h'],
  ['Host: a,b', 'host: a,b'],
  ['Host: a:xx', 'host: a:xx'],
  ['Host: [::1]:80', 'host: [::1]:80'],
  ['Host: a_b.example.:8080', 'host: a_b.example.:8080'],
  ['Host: a b', '400 http.invalid_authority'],
  ['Host: a\tb', '400 http.invalid_authority'],
  ['Host: a/b', '400 http.invalid_authority'],
  ['Host: \xe9.example', '400 http.invalid_authority'],
  ['Host: a\r\n b', '400 http.invalid_authority'],
  ['X-S:   spaced out \t \r\nX-E:\r\nX-F: ', 'x-s: spaced out|x-e: |x-f: '],
  ['X: a\tb', 'x: a\tb'],
  ['X: \xe9\xff', 'x: \xe9\xff'],
  ["X!#$%&'*+-.^`|~9: a", "x!#$%&'*+-.^`|~9: a"],
  ['X:y: 1', 'x: y: 1'],
  ['X_A: 1', 'x_a: 1'],
  ['X: a\r\n b\r\n\tc', 'x: a b\tc'],
  ['X: a\r\n   b \r\n \r\n c', 'x: a   b   c'],
  [' X: a', codecError],
  ['X : 1', codecError],
  ['X\t: 1', codecError],
  ['garbage', codecError],
  [': v', codecError],
  [':path: /evil', codecError],
  ['X-\xe9: a', codecError],
  ['X(A): a', codecError],
  ['X\x01: a', characters],
  ['X: a\x00b', characters],
  ['X: a\x01b', characters],
  ['X: a\x7fb', characters],
  ['X: a\x0bb', characters],
  // Repeats: joined where Envoy has one slot, separate lines otherwise.
  ['X: 1\r\nY: e\r\nx: 2', 'x: 1|y: e|x: 2'],
  ['Accept: a\r\nUser-Agent: b\r\nACCEPT: c', 'accept: a,c|user-agent: b'],
  ['X-Forwarded-For: 1\r\nX-Forwarded-For: 2', 'x-forwarded-for: 1,2'],
  ['Cookie: a=1\r\nCookie: b=2', 'cookie: a=1|cookie: b=2'],
  // Connection and what it nominates.
  ['Connection: close', ''],
  ['Connection: keep-alive\r\nKeep-Alive: timeout=5', ''],
  ['Proxy-Connection: keep-alive', ''],
  ['Connection: x-a, X-B, close\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3', 'x-c: 3'],
  ['Host: a\r\nConnection: host\r\nX: 1', 'x: 1'],
  ['Connection: authorization\r\nAuthorization: b', ''],
  ['Connection: a,b,c,d,e,f,g,h,i', ''],
  ['Connection: a,b,c,d,e,f,g,h,i,j', '400 http1.connection_header_rejected'],
  ['Connection: x-forwarded-for', '400 http1.connection_header_rejected'],
  ['Connection: X-Forwarded-Host', '400 http1.connection_header_rejected'],
  ['Connection: x-forwarded-proto', '400 http1.connection_header_rejected'],
  ['Connection: :path', '400 http1.connection_header_rejected'],
  ['Connection: TE\r\nTE: trailers', 'te: trailers'],
  ['TE: gzip;q=0.5, trailers', 'te: trailers'],
  ['TE: gzip', ''],
  ['TE: TRAILERS', ''],
  ['Proxy-Authorization: b\r\nProxy-Authenticate: c', 'proxy-authorization: b|proxy-authenticate: c'],
  // Upgrades.
  ['Upgrade: websocket', ''],
  ['Connection: Upgrade', ''],
  ['Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x', ''],
  // Two readers could disagree about these, so Envoy's answer is not followed.
  ['Host: a\r\nHost: b', codecError],
  ['Host: a\r\nHost: a', codecError],
  ['X: a\rb', codecError],
  ['X: a\r', codecError],
  ['X: a\nY: b', codecError],
];

test('header lines', () => {
  for (const [lines, expected] of headerLines) {
    const outcome = parse(`GET /x HTTP/1.1\r\n${lines}\r\n\r\n`);
    assert.is(outcome, /^4/.test(expected) ? expected : `GET /x [${expected}]`, JSON.stringify(lines));
  }
});

const tooBoth = '400 http1.content_length_and_chunked_not_allowed';
const notImplemented = '501 http1.invalid_transfer_encoding';

const framings: readonly (readonly [string, string])[] = [
  ['Content-Length: 5', 'content-length: 5'],
  ['Content-Length: \t2\t ', 'content-length: 2'],
  ['Content-Length:\r\n 2', 'content-length: 2'],
  ['Content-Length: 002', 'content-length: 002'],
  ['Connection: content-length\r\nContent-Length: 2', ''],
  ['Content-Length: 2, 2', codecError],
  ['Content-Length: 2\r\nContent-Length: 2', codecError],
  ['Content-Length: 2\r\nContent-Length: 3', codecError],
  ['Content-Length: +2', codecError],
  ['Content-Length: -2', codecError],
  ['Content-Length: 0x2', codecError],
  ['Content-Length:', codecError],
  ['Content-Length: 1 2', codecError],
  ['Content-Length: 99999999999999999999', codecError],
  ['Content-Length: 9007199254740992', codecError],
  ['Transfer-Encoding: Chunked', ''],
  ['Transfer-Encoding:\r\n chunked', ''],
  ['Connection: transfer-encoding\r\nTransfer-Encoding: chunked', ''],
  ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', notImplemented],
  ['Transfer-Encoding: gzip, chunked', notImplemented],
  ['Transfer-Encoding: gzip', notImplemented],
  ['Transfer-Encoding: identity', notImplemented],
  ['Transfer-Encoding:', notImplemented],
  ['Transfer-Encoding: ,chunked', notImplemented],
  ['Transfer-Encoding: chunked, identity', notImplemented],
  ['Transfer-Encoding : chunked', codecError],
  ['Transfer-Encoding:\x0bchunked', characters],
  ['Content-Length: 5\r\nTransfer-Encoding: chunked', tooBoth],
  ['Transfer-Encoding: identity\r\nContent-Length: 2', tooBoth],
  ['Transfer-Encoding:\r\nContent-Length: 2', tooBoth],
];

test('framing', () => {
  for (const [lines, expected] of framings) {
    const outcome = parse(`POST /x HTTP/1.1\r\n${lines}\r\n\r\n`);
    assert.is(outcome, /^[45]/.test(expected) ? expected : `POST /x [${expected}]`, JSON.stringify(lines));
  }
});

test('CONNECT has no body', () => {
  const connect = (lines: string) => parse(`CONNECT h:80 HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`);
  assert.is(connect('Content-Length: 3'), '400 http1.body_disallowed');
  assert.is(connect('Content-Length: 0'), 'CONNECT h:80 [host: h:80]');
  assert.is(connect('Transfer-Encoding: chunked'), notImplemented);
});

test('an upgrade stays as the client spelled it', () => {
  assert.is(
    parse(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, keep-alive\r\nUpgrade: WebSocket\r\nX: 1\r\n\r\n',
    ),
    'GET / [host: a|connection: upgrade, keep-alive|upgrade: WebSocket|x: 1] upgrade websocket',
  );
  assert.is(
    parse('GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: foo\r\nContent-Length: 3\r\n\r\n'),
    'GET / [connection: Upgrade|upgrade: foo|content-length: 3] upgrade foo',
  );
});

test('the absolute form replaces every host, and its place is the first', () => {
  assert.is(
    parse('GET http://h/p HTTP/1.1\r\nA: 1\r\nHost: x y\r\nHost: z\r\nB: 2\r\n\r\n'),
    'GET /p [host: h|a: 1|b: 2]',
  );
  assert.is(parse('GET http://h/p HTTP/1.1\r\nA: 1\r\n\r\n'), 'GET /p [host: h|a: 1]');
  assert.is(
    parse('GET http://h/p HTTP/1.1\r\nHost: a\r\n\r\n', { allowAbsoluteUrl: false }),
    'GET http://h/p [host: a]',
  );
});

test('underscores in names', () => {
  const text = 'GET / HTTP/1.1\r\nX_A: 1\r\nX-B: 2\r\n\r\n';
  assert.is(
    parse(text, { headersWithUnderscoresAction: 'REJECT_REQUEST' }),
    '400 http1.unexpected_underscore',
  );
  assert.is(parse(text, { headersWithUnderscoresAction: 'DROP_HEADER' }), 'GET / [x-b: 2]');
});

test('custom methods are tokens of any kind', () => {
  const allowCustomMethods = true;
  assert.is(parse('get / HTTP/1.1\r\n\r\n', { allowCustomMethods }), 'get / []');
  assert.is(parse('G!#$T / HTTP/1.1\r\n\r\n', { allowCustomMethods }), 'G!#$T / []');
  assert.is(parse('G(T / HTTP/1.1\r\n\r\n', { allowCustomMethods }), codecError);
});

test('HTTP/1.0 and older', () => {
  const options = { acceptHttp10: true, defaultHostForHttp10: 'ten' };
  assert.is(parse('GET /x HTTP/1.0\r\nHost: a\r\n\r\n', options), 'GET /x HTTP/1.0 [host: a]');
  assert.is(parse('GET /x HTTP/1.0\r\n\r\n', options), 'GET /x HTTP/1.0 [host: ten]');
  assert.is(parse('GET /x HTTP/1.2\r\n\r\n', options), 'GET /x HTTP/1.0 [host: ten]');
  assert.is(parse('GET /\r\n', options), 'GET / HTTP/1.0 [host: ten]');
  assert.is(parse('GET /\r\nHost: a\r\n\r\n', options), 'GET / HTTP/1.0 [host: ten] +11');
  assert.is(parse('GET / HTTP/1.0\r\n\r\n', { acceptHttp10: true }), 'GET / HTTP/1.0 []');
});

test('heads of exactly the limits pass, one more does not', () => {
  const sized = (octets: number) => {
    const frame = 'GET /x HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n';
    return frame.replace('X: ', `X: ${'a'.repeat(octets - frame.length)}`);
  };
  assert.match(parse(sized(61440)), /^GET/);
  assert.is(parse(sized(61441)), '431 http1.headers_too_large');
  assert.is(parse(sized(61441).slice(0, 61441 - 4)), 'incomplete');
  assert.is(parse(`GET /${'a'.repeat(62000)}`), '431 http1.headers_too_large');
  const counted = (fields: number) =>
    `GET /x HTTP/1.1\r\nHost: a\r\n${Array.from({ length: fields - 1 }, (_, at) => `X-${at}: a\r\n`).join('')}\r\n`;
  assert.match(parse(counted(100)), /^GET/);
  assert.is(parse(counted(101)), '431 http1.too_many_headers');
  assert.match(parse(counted(150), { maxHeadersCount: 200 }), /x-148: a\]$/);
});

test('lines that can never become a request are refused before the head has ended', () => {
  assert.is(parse('\x16\x03\x01\x02'), codecError);
  assert.is(parse('FOO / HTTP/1.1\r\n'), codecError);
  assert.is(parse('GET /x HTTX/1.1\r\n'), codecError);
  assert.is(parse('GET x HTTP/1.1\r\n'), codecError);
  assert.is(parse('GET /x HTTP/1.1\n'), codecError);
  assert.is(parse('GET /x\r\n'), '426 low_version');
  for (const start of ['', 'G', 'FOO', 'GET /', 'GET /x HTTP/1.1\r', 'GET / HTTP/1.0\r\n']) {
    assert.is(parse(start), 'incomplete', start);
  }
});

test('a name learned in one spelling is found in another', () => {
  for (const name of ['X-Some-Name', 'x-some-name', 'X-SOME-NAME', 'x-Some-Name']) {
    assert.is(parse(`GET / HTTP/1.1\r\n${name}: 1\r\n\r\n`), 'GET / [x-some-name: 1]');
  }
});

test.run();
