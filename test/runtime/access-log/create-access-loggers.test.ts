import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AccessLogFiles } from '../../../runtime/access-log/create-access-loggers.js';
import {
  createAccessLogFiles,
  createAccessLoggers,
} from '../../../runtime/access-log/create-access-loggers.js';
import type { ResponseFlag, StreamInfo } from '../../../runtime/common/stream-info.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { FakeClock } from '../../support/fake-clock.js';
import { streamInfoOf } from '../../support/stream-info.js';

const prefix = 'type.googleapis.com/envoy.extensions.access_loggers';
const fileLog = `${prefix}.file.v3.FileAccessLog`;

/** Files that are lists of lines. */
function fakeFiles(): { files: AccessLogFiles; lines: Map<string, string[]> } {
  const lines = new Map<string, string[]>();
  const files: AccessLogFiles = {
    open(path) {
      const list = lines.get(path) ?? [];
      lines.set(path, list);
      return { write: (line) => void list.push(line), flush: async () => undefined, reopen: () => undefined };
    },
    flush: async () => undefined,
    reopen: () => undefined,
  };
  return { files, lines };
}

/** What is logged of some requests. */
function logged(config: object, infos: readonly StreamInfo[]): string[] {
  const { files, lines } = fakeFiles();
  const [logger] = createAccessLoggers(
    [{ typed_config: { '@type': fileLog, path: '/log' }, ...config }],
    files,
  );
  for (const info of infos) logger?.log(info);
  return lines.get('/log') ?? [];
}

const format = (log_format: object, more: object = {}) => ({
  typed_config: { '@type': fileLog, path: '/log', log_format, ...more },
});

test('formats: text, file, JSON, older fields, the default', () => {
  const one = [streamInfoOf()];
  const text = { text_format_source: { inline_string: '%RESPONSE_CODE% %REQ(x)%é\n' } };
  assert.equal(logged(format(text), one), ['200 -\xc3\xa9\n']);
  assert.equal(logged(format({ ...text, omit_empty_values: true }), one), ['200 \xc3\xa9\n']);
  assert.equal(logged(format({ text_format: '%PROTOCOL%\n' }), one), ['HTTP/1.1\n']);
  assert.equal(logged(format({ json_format: { c: '%RESPONSE_CODE%' } }), one), ['{"c":200}\n']);
  const older = (fields: object) => ({ typed_config: { '@type': fileLog, path: '/log', ...fields } });
  assert.equal(logged(older({ format: 'x\n' }), one), ['x\n']);
  assert.equal(logged(older({ typed_json_format: { c: '%BYTES_SENT%' } }), one), ['{"c":2}\n']);
  const [byDefault = ''] = logged(older({}), one);
  assert.ok(byDefault.startsWith('[2026-01-31T12:00:00.005Z] "GET /a?b=c HTTP/1.1" 200 - 0 2 7 '), byDefault);
});

test('standard output and error', () => {
  const { files, lines } = fakeFiles();
  const configs = ['stream.v3.StdoutAccessLog', 'stream.v3.StderrAccessLog'].map((name) => ({
    typed_config: {
      '@type': `${prefix}.${name}`,
      log_format: { text_format_source: { inline_string: 'x' } },
    },
  }));
  for (const logger of createAccessLoggers(configs, files)) logger.log(streamInfoOf());
  assert.equal(
    [...lines],
    [
      ['/dev/stdout', ['x']],
      ['/dev/stderr', ['x']],
    ],
  );
});

const byCode = [200, 404, 500, 503].map((responseCode) =>
  streamInfoOf({ responseCode, durationMs: responseCode / 100 }),
);

/** Codes of the requests that a filter takes. */
function taken(filter: object, infos: readonly StreamInfo[] = byCode): number[] {
  const code = format({ text_format_source: { inline_string: '%RESPONSE_CODE%' } });
  return logged({ ...code, filter }, infos).map(Number);
}

const compare = (op: string | undefined, value: number) => ({
  comparison: { ...(op && { op }), value: { default_value: value, runtime_key: 'k' } },
});

test('filters: status and duration', () => {
  assert.equal(taken({ status_code_filter: compare('GE', 500) }), [500, 503]);
  assert.equal(taken({ status_code_filter: compare('LE', 404) }), [200, 404]);
  assert.equal(taken({ status_code_filter: compare('NE', 404) }), [200, 500, 503]);
  assert.equal(taken({ status_code_filter: compare(undefined, 404) }), [404]);
  assert.equal(taken({ duration_filter: compare('GE', 5) }), [500, 503]);
  assert.equal(taken({ duration_filter: compare('GE', 0) }, [streamInfoOf({ durationMs: undefined })]), []);
});

test('filters: headers and flags', () => {
  const infos = [
    streamInfoOf({ requestHeaders: ['x-debug', '1'], responseCode: 1 }),
    streamInfoOf({ flags: new Set<ResponseFlag>(['URX', 'UF']), responseCode: 2, method: 'PUT' }),
    streamInfoOf({ flags: new Set<ResponseFlag>(['NR']), responseCode: 3 }),
  ];
  const header = (name: string, exact: string) => ({
    header_filter: { header: { name, string_match: { exact } } },
  });
  assert.equal(taken(header('x-debug', '1'), infos), [1]);
  assert.equal(taken(header(':method', 'PUT'), infos), [2]);
  assert.equal(taken({ response_flag_filter: {} }, infos), [2, 3]);
  assert.equal(taken({ response_flag_filter: { flags: ['UF', 'DC'] } }, infos), [2]);
  assert.equal(taken({ not_health_check_filter: {} }, infos), [1, 2, 3]);
});

test('filters: and, or, nested', () => {
  const above = { status_code_filter: compare('GE', 404) };
  const below = { status_code_filter: compare('LE', 500) };
  assert.equal(taken({ and_filter: { filters: [above, below] } }), [404, 500]);
  const rare = { status_code_filter: compare(undefined, 503) };
  assert.equal(
    taken({ or_filter: { filters: [rare, { and_filter: { filters: [above, below] } }] } }),
    [404, 500, 503],
  );
});

const refused: [string, object, string][] = [
  [
    'an unknown logger',
    { typed_config: { '@type': `${prefix}.grpc.v3.HttpGrpcAccessLogConfig` } },
    '0.typed_config',
  ],
  ['a filter', { filter: { extension_filter: { name: 'x' } } }, '0.filter'],
  [
    'a nested filter',
    { filter: { and_filter: { filters: [{ not_health_check_filter: {} }, { extension_filter: {} }] } } },
    '0.filter.and_filter.filters.1',
  ],
  [
    'a command in JSON',
    format({ json_format: { a: { b: '%NOPE%' } } }),
    '0.typed_config.log_format.json_format.a.b',
  ],
  [
    'a command in a text',
    format({ text_format_source: { inline_string: '%NOPE%' } }),
    '0.typed_config.log_format.text_format_source',
  ],
];

for (const [name, config, path] of refused) {
  test(`refuses ${name}`, () => {
    const typed_config = { '@type': fileLog, path: '/log' };
    assert.throws(
      () => createAccessLoggers([{ typed_config, ...config }], fakeFiles().files),
      (error: { path: unknown[]; name: string }) =>
        error.name === 'ConfigError' && error.path.join('.') === path,
    );
  });
}

test('real files: lines arrive, a renamed file is left alone after reopening, a missing folder is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-log-'));
  try {
    const path = join(folder, 'access.log');
    const files = createAccessLogFiles({
      clock: new FakeClock(),
      stats: createStatsStore(),
      flushIntervalMs: 10_000,
    });
    const config = format({ text_format_source: { inline_string: '%RESPONSE_CODE%\n' } }, { path });
    const [logger] = createAccessLoggers([config], files);
    logger?.log(streamInfoOf({ responseCode: 1 }));
    await files.flush();
    renameSync(path, `${path}.1`);
    logger?.log(streamInfoOf({ responseCode: 2 }));
    await files.flush();
    files.reopen();
    logger?.log(streamInfoOf({ responseCode: 3 }));
    await logger?.flush();
    assert.is(readFileSync(`${path}.1`, 'utf8'), '1\n2\n');
    assert.is(readFileSync(path, 'utf8'), '3\n');
    const missing = join(folder, 'no', 'access.log');
    assert.throws(
      () => createAccessLoggers([format({ json_format: {} }, { path: missing })], files),
      (error: { path: unknown[]; message: string }) =>
        error.path.join('.') === '0.typed_config.path' &&
        error.message === `unable to open file '${missing}': No such file or directory`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('no configuration is no logger', () => {
  assert.equal(createAccessLoggers(undefined, fakeFiles().files), []);
});

test.run();
