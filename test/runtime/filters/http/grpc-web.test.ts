/** gRPC for browsers: bodies, trailers, base64, and answers that are no gRPC. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MessageFramer } from '../../../../runtime/filters/http/grpc-web/message-framer.js';
import { filterRig, httpFilter, post } from './filter-rig.js';

const web = [httpFilter('grpc_web.v3.GrpcWeb')];
const frame = (text: string): string => `\0\0\0\0${String.fromCharCode(text.length)}${text}`;
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
const ok = `HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ncontent-length: 7\r\n\r\n${frame('ab')}`;

test('a request becomes gRPC, the answer gRPC-Web', async () => {
  const rig = filterRig(web);
  const client = await rig.request(post(frame('q'), ['content-type: application/grpc-web+proto']));
  assert.match(rig.upstream().written, /content-type: application\/grpc\r\n/);
  assert.match(rig.upstream().written, /te: trailers\r\ngrpc-accept-encoding: identity\r\n/);
  await rig.answer(ok);
  assert.match(client.written, /content-type: application\/grpc-web\+proto\r\n/);
});

test('base64 in both directions', async () => {
  const rig = filterRig(web);
  const text = 'application/grpc-web-text';
  const client = await rig.request(
    post(base64(frame('hello')), [`content-type: ${text}`, `accept: ${text}`]),
  );
  assert.ok(rig.upstream().written.includes(frame('hello')));
  await rig.answer(ok);
  assert.ok(client.written.includes(base64(frame('ab'))));
  assert.match(client.written, 'content-type: application/grpc-web-text+proto');
});

test('what is no base64 is refused', async () => {
  const seen = async (body: string): Promise<string> => {
    const rig = filterRig(web);
    await rig.request(post(body, ['content-type: application/grpc-web-text']));
    return rig.logLines.join();
  };
  assert.match(await seen('****'), /^400 - grpc_base_64_decode_failed /);
  assert.match(await seen('abcde'), /^400 - grpc_base_64_decode_failed_bad_size /);
});

test('an answer that is no gRPC becomes a status and a message', async () => {
  const rig = filterRig(web);
  const client = await rig.request(post('', ['content-type: application/grpc-web']));
  await rig.answer('HTTP/1.1 404 No\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\na%\n');
  assert.match(client.written, /^HTTP\/1.1 404 .*grpc-message: a%25%0A\r\ngrpc-status: 12\r\n/s);
  assert.match(client.written, /content-length: 0\r\n/);
});

test('a local reply is one of those', async () => {
  const rig = filterRig([...web, httpFilter('rbac.v3.RBAC', { rules: {} })]);
  const client = await rig.request(post('', ['content-type: application/grpc-web']));
  assert.match(client.written, /^HTTP\/1.1 403 .*grpc-message: RBAC: access denied\r\ngrpc-status: 7\r\n/s);
});

test('messages are found however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 }),
      fc.array(fc.nat({ max: 150 }), { maxLength: 5 }),
      (texts, cuts) => {
        const wanted = texts.map((text) => {
          const body = Buffer.from(text, 'utf8');
          const head = Buffer.alloc(5);
          head.writeUInt32BE(body.length, 1);
          return Buffer.concat([head, body]).toString('hex');
        });
        const all = Buffer.from(wanted.join(''), 'hex');
        const places = [0, ...cuts.map((at) => Math.min(at, all.length)), all.length].sort((a, b) => a - b);
        const framer = new MessageFramer();
        const found = places.flatMap((at, index) => framer.push(all.subarray(places[index - 1] ?? 0, at)));
        assert.equal(
          found.map((one) => one.toString('hex')),
          wanted,
        );
      },
    ),
  );
});

test.run();
