/**
 * What must hold for every input: the cut into reads does not matter, what is encoded is decoded, nothing throws or
 * hangs, and no request makes the next hop see another number of requests than were told.
 */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FakeClock } from '../../../support/fake-clock.js';
import { http1ClientDefaults, http1ServerDefaults } from '../../../../runtime/http/http1/http1-options.js';
import { FakeSocket, settle } from './fake-socket.js';
import type { RequestRecorder, ServerUnderTest } from './recorder.js';
import { clientUnderTest, requestHead, ResponseRecorder, serverUnderTest } from './recorder.js';
import { relay } from './relay.js';

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const fieldValue = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 9 : code)),
    maxLength: 40,
  })
  .map((value) => value.replace(/^[ \t]+|[ \t]+$/g, ''));
/** Names that mean nothing to a codec. */
const fieldName = token.map((name) => `x-${name.toLowerCase()}`);
const fields = fc.array(fc.tuple(fieldName, fieldValue), { maxLength: 8 });
const body = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets));
const path = fc.stringMatching(/^\/[!-~]{0,30}$/);

/** Pieces of requests, right and wrong, that a parser meets. */
const fragment = fc.constantFrom(
  'GET / HTTP/1.1\r\n',
  'POST /p HTTP/1.1\r\n',
  'CONNECT h:80 HTTP/1.1\r\n',
  'HEAD http://h/p HTTP/1.1\r\n',
  'GET / HTTP/1.0\r\n',
  'Host: a\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: 03\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding:\r\n chunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Connection: close, content-length\r\n',
  'Connection: upgrade\r\n',
  'Upgrade: x\r\n',
  'Expect: 100-continue\r\n',
  'X: y\r\n',
  'X: y\n',
  ' folded\r\n',
  '\r\n',
  '\n',
  '\r',
  '3\r\nabc\r\n',
  '3;x=y\r\nabc\r\n',
  '0\r\n\r\n',
  '0\r\nX-T: 1\r\n\r\n',
  'abc',
  'G',
  '\0',
  '\x80',
  ':',
  ' ',
);
const traffic = fc.array(fragment, { maxLength: 25 }).map((pieces) => pieces.join(''));
const message = fc
  .record({ fields, body, chunks: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }), path })
  .map(({ fields: list, body: data, chunks, path: target }) => {
    const lines = list.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    if (chunks.length === 0) {
      return `POST ${target} HTTP/1.1\r\nHost: a\r\n${lines}Content-Length: ${data.length}\r\n\r\n${data.toString('latin1')}`;
    }
    let text = '';
    let at = 0;
    for (const size of chunks) {
      const piece = data.subarray(at, at + size).toString('latin1');
      at += size;
      if (piece !== '') text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
    }
    return `POST ${target} HTTP/1.1\r\nHost: a\r\n${lines}Transfer-Encoding: chunked\r\n\r\n${text}0\r\n\r\n`;
  });
/** Several messages in a row, or mutated fragments. */
const octets = fc.oneof(
  fc.array(message, { maxLength: 3 }).map((all) => all.join('')),
  traffic,
);
const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 8 });

function pieces(text: string, at: readonly number[]): string[] {
  const ends = [...new Set(at.map((position) => position % (text.length + 1)))].sort((a, b) => a - b);
  return [...ends, text.length]
    .map((end, index) => text.slice(ends[index - 1] ?? 0, end))
    .filter((one) => one !== '');
}

function answering(stream: RequestRecorder): void {
  stream.onEnd = () => stream.encoder.encodeHeaders(200, [], true);
  stream.onError = (_, error) => stream.encoder.encodeHeaders(error.status, [], true);
}

async function serve(text: string, at: readonly number[]) {
  const { socket, streams } = serverUnderTest({ acceptHttp10: true, enableTrailers: true }, answering);
  for (const piece of pieces(text, at)) {
    socket.receive(piece);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await settle();
  return { calls: streams.map(({ calls }) => calls), written: socket.written };
}

test('requests: any cut into reads gives the same calls and the same answer', async () => {
  await fc.assert(
    fc.asyncProperty(octets, cuts, async (text, at) => {
      assert.equal(await serve(text, at), await serve(text, []));
    }),
    { numRuns: 400 },
  );
});

test('requests: octet by octet gives the same as all at once', async () => {
  await fc.assert(
    fc.asyncProperty(octets, async (text) => {
      const each = Array.from({ length: text.length }, (_, at) => at);
      assert.equal(await serve(text, each), await serve(text, []));
    }),
    { numRuns: 40 },
  );
});

async function receive(text: string, at: readonly number[], method: string) {
  const { socket, connection, events } = clientUnderTest({ enableTrailers: true });
  const recorder = new ResponseRecorder();
  connection.newStream(recorder).encodeHeaders(requestHead({ method }), true);
  await settle();
  for (const piece of pieces(text, at)) {
    socket.receive(piece);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  socket.receiveEnd();
  await settle();
  return { calls: recorder.calls, last: events.at(-1) };
}

const responseFragment = fc.constantFrom(
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.0 404\r\n',
  'HTTP/1.1 204 No Content\r\n',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'X: y\r\n',
  ' folded\r\n',
  '\r\n',
  '\n',
  '3\r\nabc\r\n',
  '0\r\n\r\n',
  '0\r\nX-T: 1\r\n\r\n',
  'abc',
  '\0',
  ' ',
);
const responses = fc.array(responseFragment, { maxLength: 15 }).map((all) => all.join(''));

test('responses: any cut into reads gives the same calls', async () => {
  await fc.assert(
    fc.asyncProperty(responses, cuts, fc.constantFrom('GET', 'HEAD'), async (text, at, method) => {
      assert.equal(await receive(text, at, method), await receive(text, [], method));
    }),
    { numRuns: 400 },
  );
});

const message2 = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path,
  fields,
  pieces: fc.array(body, { maxLength: 4 }),
  withLength: fc.boolean(),
  trailers: fields,
});

/** As the calls of a recorder; a value may not be changed on the way. */
function expected(
  first: string,
  list: readonly (readonly [string, string])[],
  data: Buffer,
  trailers: readonly (readonly [string, string])[],
): string[] {
  const lines = (all: readonly (readonly [string, string])[]) =>
    all.map(([name, value]) => `${name}=${value}`).join('|');
  const calls = [`${first} [${lines(list)}]`];
  const text = data.toString('latin1');
  if (text !== '' || trailers.length === 0) calls.push(`data ${text}${trailers.length === 0 ? '$' : ''}`);
  if (trailers.length > 0) calls.push(`trailers [${lines(trailers)}]$`);
  return calls;
}

test('a request that a client encodes is the one that a server decodes', async () => {
  await fc.assert(
    fc.asyncProperty(message2, async (request) => {
      const client = clientUnderTest({ enableTrailers: true });
      const server = serverUnderTest({ enableTrailers: true });
      const whole = Buffer.concat(request.pieces);
      const framing: [string, string][] = request.withLength
        ? [['content-length', String(whole.length)]]
        : [];
      const list: [string, string][] = [['host', 'a'], ...framing, ...request.fields];
      const trailers = request.withLength ? [] : request.trailers;
      const encoder = client.connection.newStream(new ResponseRecorder());
      encoder.encodeHeaders(
        requestHead({ method: request.method, path: request.path, headers: list.flat() }),
        false,
      );
      for (const piece of request.pieces) encoder.encodeData(piece, false);
      if (trailers.length > 0) encoder.encodeTrailers(trailers.flat());
      else encoder.encodeData(Buffer.alloc(0), true);
      await settle();
      server.socket.receive(client.socket.written);
      await settle();
      const first = `${request.method} ${request.path} HTTP/1.1`;
      const calls = expected(first, list, whole, trailers);
      if (request.withLength && whole.length === 0) calls.splice(0, 2, `${calls[0]}$`);
      assert.equal(server.streams[0]?.calls, calls);
      assert.is(server.streams.length, 1);
    }),
    { numRuns: 200 },
  );
});

test('a response that a server encodes is the one that a client decodes', async () => {
  await fc.assert(
    fc.asyncProperty(message2, fc.integer({ min: 200, max: 599 }), async (response, status) => {
      fc.pre(status !== 204 && status !== 304);
      const client = clientUnderTest({ enableTrailers: true });
      const server = serverUnderTest({ enableTrailers: true });
      const recorder = new ResponseRecorder();
      client.connection.newStream(recorder).encodeHeaders(requestHead(), true);
      server.socket.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await settle();
      const encoder = (server.streams[0] as RequestRecorder).encoder;
      encoder.encodeHeaders(status, response.fields.flat(), false);
      for (const piece of response.pieces) encoder.encodeData(piece, false);
      if (response.trailers.length > 0) encoder.encodeTrailers(response.trailers.flat());
      else encoder.encodeData(Buffer.alloc(0), true);
      await settle();
      client.socket.receive(server.socket.written);
      await settle();
      const whole = Buffer.concat(response.pieces);
      assert.equal(recorder.calls, expected(`${status} HTTP/1.1`, response.fields, whole, response.trailers));
      assert.equal(client.events, ['free']);
    }),
    { numRuns: 200 },
  );
});

test('nothing that is given to an encoder splits a head', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ maxLength: 5 }),
      async (value, name) => {
        const dangerous = `a\r\nx-evil: 1\r\n\r\nHTTP/1.1 200 OK\r\n${value}\u010d\u010a`;
        const { socket, streams } = serverUnderTest();
        socket.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        await settle();
        const { encoder } = streams[0] as RequestRecorder;
        encoder.encodeHeaders(200, ['x-a', dangerous, `${name}\r\nx-evil`, 'b', name, dangerous], true);
        await settle();
        const lines = socket.written.split('\r\n');
        assert.ok(lines.length <= 6, socket.written);
        assert.not(lines.slice(0, -2).some((line) => line === '' || line.startsWith('x-evil')));
        assert.not(/[\0\n]/.test(lines.join('')));
      },
    ),
    { numRuns: 200 },
  );
});

/**
 * Through both codecs and into a parser as the upstream's; each request that is complete there is answered.
 * @returns requests sent on, requests that the upstream sees, whether it found anything wrong with them, and whether one was
 *   refused: what was written of it within the same turn does not leave
 */
async function forwarded(
  text: string,
): Promise<[sent: number, seen: number, wrong: boolean, refused: boolean]> {
  const clock = new FakeClock();
  const socket = new FakeSocket();
  const upstreams: { socket: FakeSocket; server: ServerUnderTest; given: number }[] = [];
  const made = relay(socket, {
    server: { ...http1ServerDefaults, clock, scheme: 'http' },
    client: { ...http1ClientDefaults, clock },
    connect() {
      const upstream = { socket: new FakeSocket(), server: serverUnderTest({}, answering), given: 0 };
      upstreams.push(upstream);
      return upstream.socket;
    },
  });
  socket.receive(text);
  for (let round = 0; round < 6; round++) {
    await settle();
    for (const upstream of upstreams) {
      const { socket: near, server } = upstream;
      server.socket.receive(near.written.slice(upstream.given));
      upstream.given = near.written.length;
      await settle();
      if (!near.destroyed) near.receive(server.socket.written);
      server.socket.written = '';
    }
  }
  const streams = upstreams.flatMap(({ server }) => server.streams);
  const wrong = streams.some(({ calls }) => calls.some((call) => call.startsWith('error')));
  const isWrong = wrong || made.log.some(({ status }) => status === 502);
  return [
    made.forwarded,
    streams.length,
    isWrong,
    made.log.some(({ details }) => details !== 'via_upstream'),
  ];
}

test('what goes to the upstream is one request for each that was accepted', async () => {
  await fc.assert(
    fc.asyncProperty(octets, async (text) => {
      const [sent, seen, wrong, refused] = await forwarded(text);
      if (refused) assert.ok(seen === sent || seen === sent - 1, `${seen} of ${sent}`);
      else assert.is(seen, sent);
      assert.not(wrong);
    }),
    { numRuns: 400 },
  );
});

test('spellings of transfer-encoding and content-length never make two requests of one', async () => {
  const space = fc.constantFrom('', ' ', '\t', '\x0b', '\x0c', '\r', '\n', '\r\n ', '\0', '\xa0', ',', ';');
  const name = fc.constantFrom(
    'Transfer-Encoding',
    'transfer_encoding',
    'Transfer-encoding',
    'TRANSFER-ENCODING',
    'Content-Length',
  );
  const value = fc.constantFrom(
    'chunked',
    'Chunked',
    'xchunked',
    'chunked, identity',
    '"chunked"',
    '5',
    '0',
    '',
  );
  const line = fc
    .tuple(space, name, space, space, value, space, fc.constantFrom('\r\n', '\n', '\r'))
    .map(([a, b, c, d, e, f, g]) => `${a}${b}${c}:${d}${e}${f}${g}`);
  await fc.assert(
    fc.asyncProperty(line, fc.option(line, { nil: '' }), async (first, second) => {
      const smuggled = 'GET /admin HTTP/1.1\r\nHost: b\r\n\r\n';
      const text = `POST / HTTP/1.1\r\nHost: a\r\n${first}${second}\r\n5\r\nabcde\r\n0\r\n\r\n${smuggled}`;
      const [sent, seen, wrong, refused] = await forwarded(text);
      if (refused) assert.ok(seen === sent || seen === sent - 1, `${seen} of ${sent}`);
      else assert.is(seen, sent);
      assert.not(wrong);
    }),
    { numRuns: 500 },
  );
});

test('random octets throw nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), cuts, async (noise, at) => {
      const text = Buffer.from(noise).toString('latin1');
      await serve(`GET / HTTP/1.1\r\n${text}`, at);
      await serve(text, at);
      await receive(`HTTP/1.1 200 OK\r\n${text}`, at, 'GET');
    }),
    { numRuns: 100 },
  );
});

test.run();
