/** Every format on one list of diagnostics that has everything in it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../../cli/main.js';
import type { Diagnostic, FormatName } from '../../../compiler/index.js';
import { formatDiagnostics, formatNames } from '../../../compiler/index.js';
import { recordedIo } from '../../cli/recorded-io.js';
import { schemaErrors } from '../../support/json-schema.js';
import { withFolder } from '../../support/temporary-folder.js';

/** This file runs from `dist/test/compiler/diagnostics`. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');

const diagnostics: readonly Diagnostic[] = [
  {
    severity: 'error',
    code: 'E3001',
    message: 'there are two "clusters", <a> & b: 100%\nsecond line',
    location: { file: 'dir with space/a#1.ts', line: 3, column: 5, length: 4 },
    path: 'static_resources.clusters[1].name',
    identity: 'static_resources.clusters["a"].name',
    yaml: { file: 'envoy3.yaml', line: 9, column: 1 },
    related: [{ message: 'the first one', location: { file: 'a.ts', line: 1, column: 1 } }],
    help: 'rename one of them',
  },
  {
    severity: 'warning',
    code: 'no-public-admin',
    message: 'open',
    location: { file: 'b.yaml', line: 2, column: 1 },
  },
  { severity: 'warning', code: 'E0001', message: 'nowhere' },
];

function print(format: FormatName, list: readonly Diagnostic[] = diagnostics): Promise<string> {
  return formatDiagnostics(format, list, { color: false, cwd: '/', version: '1.2.3' });
}

test('concise: one line each', async () => {
  assert.equal((await print('concise')).split('\n'), [
    'dir with space/a#1.ts:3:5: error E3001 there are two "clusters", <a> & b: 100%: second line',
    'b.yaml:2:1: warning no-public-admin open',
    'warning E0001 nowhere',
    '',
  ]);
});

test('json: according to its published schema', async () => {
  const schema = JSON.parse(readFileSync(join(root, 'docs', 'diagnostics.schema.json'), 'utf8'));
  const output = JSON.parse(await print('json'));
  assert.equal(schemaErrors(output, schema), []);
  assert.is(output.version, 1);
  assert.equal(schemaErrors({ version: 1, diagnostics: [{ severity: 'bad' }] }, schema).sort(), [
    '$.diagnostics[0].code is missing',
    '$.diagnostics[0].message is missing',
    '$.diagnostics[0].severity is none of ["error","warning"]',
  ]);
});

/** The rules of SARIF 2.1.0 (OASIS, sections 3.13 to 3.30) that GitHub's upload checks. */
const sarif = {
  type: 'object',
  required: ['version', 'runs', '$schema'],
  properties: {
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['tool', 'results'],
        additionalProperties: false,
        properties: {
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          tool: {
            type: 'object',
            required: ['driver'],
            properties: {
              driver: {
                type: 'object',
                required: ['name'],
                properties: {
                  name: { type: 'string' },
                  semanticVersion: { type: 'string' },
                  rules: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: ['id'],
                      additionalProperties: false,
                      properties: {
                        id: { type: 'string' },
                        shortDescription: { $ref: '#/$defs/message' },
                        help: { $ref: '#/$defs/message' },
                      },
                    },
                  },
                },
              },
            },
          },
          results: {
            type: 'array',
            items: {
              type: 'object',
              required: ['message', 'ruleId'],
              additionalProperties: false,
              properties: {
                ruleId: { type: 'string' },
                ruleIndex: { type: 'integer', minimum: 0 },
                level: { enum: ['none', 'note', 'warning', 'error'] },
                message: { $ref: '#/$defs/message' },
                locations: { type: 'array', items: { $ref: '#/$defs/location' } },
                relatedLocations: { type: 'array', items: { $ref: '#/$defs/location' } },
                partialFingerprints: { type: 'object' },
              },
            },
          },
        },
      },
    },
  },
  $defs: {
    message: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
    location: {
      type: 'object',
      additionalProperties: false,
      properties: {
        id: { type: 'integer', minimum: 0 },
        message: { $ref: '#/$defs/message' },
        logicalLocations: { type: 'array', items: { type: 'object' } },
        physicalLocation: {
          type: 'object',
          required: ['artifactLocation'],
          properties: {
            artifactLocation: {
              type: 'object',
              required: ['uri'],
              // A reference of RFC 3986: no blank, no bare percent sign.
              properties: {
                uri: { type: 'string', pattern: "^(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})*$" },
              },
            },
            region: {
              type: 'object',
              required: ['startLine'],
              properties: {
                startLine: { type: 'integer', minimum: 1 },
                startColumn: { type: 'integer', minimum: 1 },
                endColumn: { type: 'integer', minimum: 1 },
              },
            },
          },
        },
      },
    },
  },
};

test('sarif: version 2.1.0 with related locations', async () => {
  const log = JSON.parse(await print('sarif'));
  assert.equal(schemaErrors(log, sarif), []);
  const [run] = log.runs;
  const [first] = run.results;
  assert.is(run.tool.driver.rules[first.ruleIndex].id, 'E3001');
  assert.equal(
    first.relatedLocations.map((one: { message: { text: string } }) => one.message.text),
    ['the first one', 'in the emitted YAML'],
  );
  const prints = run.results.map(
    (one: { partialFingerprints: object }) => Object.values(one.partialFingerprints)[0],
  );
  assert.is(new Set(prints).size, 3);
  assert.equal(schemaErrors(JSON.parse(await print('sarif', [])), sarif), []);
});

test('a fingerprint stays when something is added above', async () => {
  const moved = diagnostics.map((one) =>
    one.location === undefined ? one : { ...one, location: { ...one.location, line: one.location.line + 7 } },
  );
  const prints = async (list: readonly Diagnostic[]) =>
    JSON.parse(await print('gitlab', list)).map((one: { fingerprint: string }) => one.fingerprint);
  assert.equal(await prints(moved), await prints(diagnostics));
});

test('github: commands with what is special escaped', async () => {
  assert.equal((await print('github')).split('\n'), [
    '::error file=dir with space/a#1.ts,line=3,col=5,endColumn=9,title=envoy3 E3001::there are two "clusters", <a> & b: 100%25%0Asecond line%0AFix: rename one of them',
    '::warning file=b.yaml,line=2,col=1,title=envoy3 no-public-admin::open',
    '::warning title=envoy3 E0001::nowhere',
    '',
  ]);
});

test('gitlab: what a code quality report demands, equal findings kept apart', async () => {
  const issues = JSON.parse(await print('gitlab', [...diagnostics, ...diagnostics]));
  assert.is(new Set(issues.map((one: { fingerprint: string }) => one.fingerprint)).size, 6);
  for (const { description, check_name, severity, location } of issues) {
    assert.type(description, 'string');
    assert.type(check_name, 'string');
    assert.ok(['info', 'minor', 'major', 'critical', 'blocker'].includes(severity));
    assert.type(location.path, 'string');
    assert.type(location.lines.begin, 'number');
  }
});

/** Elements that are opened and not closed, or closed in the wrong order; entities that are none. */
function xmlFaults(text: string): string[] {
  const faults: string[] = [];
  const open: string[] = [];
  for (const [tag, close, name, rest] of text.matchAll(/<(\/?)([\w?]+)((?:[^<>"]|"[^"<]*")*)>/g)) {
    if (name?.startsWith('?')) continue;
    if (close === '/') {
      if (open.pop() !== name) faults.push(tag);
    } else if (!rest?.endsWith('/')) open.push(name ?? '');
  }
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.test(text)) faults.push('entity');
  return [...faults, ...open];
}

test('junit and checkstyle: well-formed XML with everything in it', async () => {
  const odd: Diagnostic = { severity: 'error', code: 'E1', message: 'a\u0000b\u001b <![CDATA[ ]]> "\' é' };
  for (const format of ['junit', 'checkstyle'] as const) {
    for (const list of [[], diagnostics, [odd]]) {
      const text = await print(format, list);
      assert.equal(xmlFaults(text), [], text);
      assert.not.match(text, /[\u0000-\u0008]/);
    }
    assert.match(await print(format), '&lt;a&gt; &amp; b');
  }
  assert.match(await print('junit'), 'tests="3" failures="1"');
  assert.match(await print('junit', []), 'tests="1" failures="0"');
  assert.match(await print('checkstyle'), '<file name="b.yaml">');
});

test('rdjson: ranges, severities and codes', async () => {
  const { source, diagnostics: list } = JSON.parse(await print('rdjson'));
  assert.equal(source, { name: 'envoy3' });
  assert.equal(list[0].location.range, { start: { line: 3, column: 5 }, end: { line: 3, column: 9 } });
  assert.equal([list[0].severity, list[1].severity], ['ERROR', 'WARNING']);
});

const files = { 'a.yaml': 'admin: { address: { socket_address: { address: 0.0.0.0, port_value: 1 } } }\n' };

function run(argv: readonly string[], env: Record<string, string> = {}) {
  return withFolder(files, async (cwd) => {
    const io = recordedIo(cwd, { env });
    const code = await main(['check', 'a.yaml', ...argv], io);
    return { code, out: io.out(), err: io.err() };
  });
}

test('messages go to standard error, data to standard output', async () => {
  for (const format of formatNames) {
    const { out, err } = await run(['--format', format]);
    const isMessage = format === 'text' || format === 'concise';
    assert.is(out === '', isMessage, format);
    assert.is(err === '', !isMessage, format);
  }
});

test('the environment names a format; the option goes before it', async () => {
  assert.match((await run([], { ENVOY3_FORMAT: 'concise' })).err, /^a\.yaml:1:\d+: warning no-public-admin /);
  assert.match((await run(['--format', 'json'], { ENVOY3_FORMAT: 'concise' })).out, /^\{"version":1/);
  assert.is((await run([], { ENVOY3_FORMAT: 'xml' })).code, 2);
});

test('annotations come by themselves under GitHub Actions', async () => {
  const { out, err } = await run([], { GITHUB_ACTIONS: 'true' });
  assert.is(out, '');
  assert.match(err, /^warning no-public-admin/);
  assert.match(err, /^::warning file=a\.yaml,line=1,/m);
  assert.not.match((await run(['--format', 'text'], { GITHUB_ACTIONS: 'true' })).err, /^::/m);
});

test.run();
