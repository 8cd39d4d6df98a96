/** Lines of the access log at the start of a request and while it runs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settle } from './http1/fake-socket.js';
import { ManagerRig } from './manager-rig.js';

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const request = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';

function rig(access_log_options: object): ManagerRig {
  const log = {
    name: 'log',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
      path: '/log',
      log_format: { text_format_source: { inline_string: '%ACCESS_LOG_TYPE% %RESPONSE_CODE% %DURATION%\n' } },
    },
  };
  return new ManagerRig({ access_log: [log], access_log_options });
}

test('one line at the end is the default', async () => {
  const made = rig({});
  await made.request(request);
  await made.answer(answer);
  assert.equal(made.logLines, ['DownstreamEnd 200 0']);
});

test('a line at the start', async () => {
  const made = rig({ flush_access_log_on_new_request: true });
  await made.request(request);
  assert.equal(made.logLines, ['DownstreamStart 0 0']);
  await made.answer(answer);
  assert.equal(made.logLines.slice(1), ['DownstreamEnd 200 0']);
});

test('lines while it runs, and none afterwards', async () => {
  const made = rig({ access_log_flush_interval: '1s' });
  await made.request(request);
  await made.pass(999);
  assert.equal(made.logLines, []);
  await made.pass(1001);
  await made.answer(answer);
  await made.pass(5000);
  assert.equal(made.logLines, [
    'DownstreamPeriodic 0 1000',
    'DownstreamPeriodic 0 2000',
    'DownstreamEnd 200 2000',
  ]);
});

test('a client that leaves ends them', async () => {
  const made = rig({ access_log_flush_interval: '1s' });
  const client = await made.request(request);
  client.destroy();
  await settle();
  await made.pass(3000);
  assert.is(made.logLines.length, 1);
  assert.match(made.logLines[0] ?? '', /^DownstreamEnd 0 /);
});

test.run();
