/** Dynamic metadata of the configuration. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { filterRig, get, httpFilter, ok, routes } from './filter-rig.js';

const log = (format: string): object => ({
  access_log: [
    {
      name: 'log',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
        path: '/log',
        log_format: { text_format_source: { inline_string: `${format}\n` } },
      },
    },
  ],
});

test('values are merged where they may be, and told in the log', async () => {
  const metadata = [
    { metadata_namespace: 'n', value: { b: 1, o: { x: [1] } } },
    { metadata_namespace: 'n', value: { b: 2, o: { x: [2], y: 3 } }, allow_overwrite: true },
    { metadata_namespace: 'n', value: { b: 3 } },
  ];
  const rig = filterRig(
    [httpFilter('set_metadata.v3.Config', { metadata })],
    routes(),
    {},
    log('%DYNAMIC_METADATA(n)% %DYNAMIC_METADATA(n:o:y)%'),
  );
  await rig.request(get());
  await rig.answer(ok);
  assert.equal(rig.logLines, ['{"b":2,"o":{"x":[1,2],"y":3}} 3']);
  assert.is(rig.counter('http.p.set_metadata.overwrite_denied'), 1);
});

test.run();
