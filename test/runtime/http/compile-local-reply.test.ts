/** Local replies that the configuration rewrites. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ManagerRig, oneRoute, withoutDate } from './manager-rig.js';

const text = (inline_string: string): object => ({ text_format_source: { inline_string } });
const status = (value: number): object => ({
  status_code_filter: { comparison: { op: 'EQ', value: { default_value: value } } },
});

async function answer(local_reply_config: object, request = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n') {
  const rig = new ManagerRig({ local_reply_config });
  rig.hasHosts = false;
  const client = await rig.request(request);
  return { rig, written: withoutDate(client.written) };
}

test('the first mapper that fits changes status, headers and body', async () => {
  const { rig, written } = await answer({
    mappers: [
      { filter: status(404), status_code: 500 },
      {
        filter: { response_flag_filter: { flags: ['UH'] } },
        status_code: 529,
        body: { inline_string: 'gone' },
        headers_to_add: [{ header: { key: 'x', value: '%RESPONSE_FLAGS%' } }],
      },
      { filter: status(503), status_code: 501 },
    ],
    body_format: text('%LOCAL_REPLY_BODY% (%RESPONSE_CODE%)'),
  });
  assert.is(
    written,
    'HTTP/1.1 529 Unknown\r\nx: UH\r\ncontent-length: 10\r\ncontent-type: text/plain\r\nserver: envoy\r\n\r\ngone (529)',
  );
  assert.match(rig.logLines.join(), /^529 UH no_healthy_upstream rx=0 tx=10/);
});

test('JSON has its type, gRPC its message', async () => {
  const format = { body_format: { json_format: { b: '%RESPONSE_CODE%', a: '%LOCAL_REPLY_BODY%' } } };
  const { written } = await answer(format);
  assert.match(written, 'content-type: application/json');
  assert.match(written, /\{"a":"no healthy upstream","b":503\}\n$/);
  const grpc = await answer(
    format,
    'POST /x HTTP/1.1\r\nHost: a\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n',
  );
  assert.match(grpc.written, 'grpc-message: {"a":"no healthy upstream","b":503}\r\n');
});

test('answers of the upstream stay as they are', async () => {
  const rig = new ManagerRig({
    local_reply_config: { mappers: [{ filter: status(503), status_code: 500 }] },
    route_config: oneRoute({}),
  });
  const client = await rig.request('GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
  await rig.answer('HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n');
  assert.match(client.written, /^HTTP\/1.1 503 /);
});

test('a bad format is refused with its path', () => {
  assert.throws(
    () => new ManagerRig({ local_reply_config: { body_format: text('%NOPE%') } }),
    (error: { path: unknown }) => {
      assert.equal(error.path, ['local_reply_config', 'body_format', 'text_format_source']);
      return true;
    },
  );
});

test.run();
