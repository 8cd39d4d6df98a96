/** The wrong example of every code gives that code; the right one gives nothing that fails. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../../cli/main.js';
import { findProblems } from '../../../compiler/check/find-problems.js';
import { checkFile, codeExamples, compile, diagnosticCodes } from '../../../compiler/index.js';
import { recordedIo } from '../../cli/recorded-io.js';
import { withFolder } from '../../support/temporary-folder.js';
import { contentOf, wrapped } from '../lint/pieces.js';

/** Codes that a text of the kind gives. */
function codesOf(piece: string, text: string): Promise<readonly string[]> {
  return withFolder({}, async (cwd) => {
    const codes = (found: readonly { readonly code: string }[]) => found.map(({ code }) => code);
    if (piece === 'module') {
      writeFileSync(join(cwd, 'a.ts'), text);
      // Only the loop without end waits for its deadline.
      const limits = { deadlineMs: text.includes('while (true)') ? 3000 : 60_000, heapMb: 64 };
      return codes((await compile({ entry: 'a.ts', cwd, env: {}, ...limits })).diagnostics);
    }
    if (piece === 'settings') {
      writeFileSync(join(cwd, 'envoy3.settings.ts'), text);
      return codes(await checkFile('node: { id: a }\n', { file: 'a.yaml', cwd, env: {} }));
    }
    if (piece === 'yaml')
      return codes(await checkFile(`${text}\n`, { file: 'a.yaml', cwd, settings: false }));
    const value = wrapped(piece, contentOf(piece, text));
    return codes(findProblems(value, { lint: { extends: 'none' } }).findings);
  });
}

/** Files that the commands of the examples stand on. */
const files = {
  'envoy3.config.ts': "export default { node: { id: 'a', cluster: 'b' } };\n",
  'envoy.yaml': 'node: { id: a, cluster: b }\n',
  'access.log': '',
  'files.yaml':
    'static_resources: { secrets: [{ name: a, generic_secret: { secret: { filename: none } } }] }\n',
  'newer.yaml':
    'static_resources: { clusters: [{ name: a, type: STATIC, stats_matcher: { reject_all: true } }] }\n',
  'envoy3.settings.ts': "export default { lint: { baseline: 'known.json' } };\n",
  'known.json':
    '{"version":1,"findings":[{"rule":"no-public-admin","file":"envoy3.config.ts","at":"admin"}]}',
};

function shell(line: string): Promise<string> {
  return withFolder(files, async (cwd) => {
    truncateSync(join(cwd, 'access.log'), 70 * 1024 * 1024);
    const io = recordedIo(cwd);
    await main(line.split(' ').slice(1), io);
    return io.err();
  });
}

test('every code has an example', () => {
  const sketched = Object.entries(diagnosticCodes).filter(([, { example }]) => example !== undefined);
  const shown = [...Object.keys(codeExamples), ...sketched.map(([code]) => code)];
  assert.equal(shown.sort(), Object.keys(diagnosticCodes).sort());
});

for (const [code, { piece, wrong, right }] of Object.entries(codeExamples)) {
  test(code, async () => {
    if (piece === 'shell') {
      assert.match(await shell(wrong), code);
      assert.not.match(await shell(right), code);
      return;
    }
    const found = await codesOf(piece, wrong);
    assert.ok(found.includes(code), `the wrong example gives ${found.join(', ') || 'nothing'}`);
    const rest = (await codesOf(piece, right)).filter((one) => /^(?:E|TS)\d/.test(one) || one === code);
    assert.equal(rest, [], 'the right example is not right');
  });
}

test.run();
