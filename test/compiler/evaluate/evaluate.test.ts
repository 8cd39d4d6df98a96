/** What the second phase refuses: through `compile`, as users meet it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CompileOptions, Diagnostic } from '../../../compiler/index.js';
import { compile } from '../../../compiler/index.js';
import { withFolder } from '../../support/temporary-folder.js';
async function failure(text: string, options: Partial<CompileOptions> = {}): Promise<Diagnostic> {
  const files = { 'a.ts': `// @ts-nocheck\n${text}` };
  const { diagnostics } = await withFolder(files, (cwd: string) =>
    compile({ entry: 'a.ts', cwd, env: {}, ...options }),
  );
  assert.is(diagnostics.length, 1, JSON.stringify(diagnostics));
  return diagnostics[0] as Diagnostic;
}

test('a deadline', async () => {
  const { code, message } = await failure('for (;;) {}\nexport default {};', { deadlineMs: 300 });
  assert.is(code, 'E2002');
  assert.match(message, '0.3 s');
});

test('a promise that nobody resolves does not wait for the deadline', async () => {
  const { code, message } = await failure('export default new Promise(() => {});', { deadlineMs: 60_000 });
  assert.is(code, 'E2002');
  assert.match(message, 'promise');
});

test('a heap', async () => {
  const text = 'const all = [];\nfor (;;) all.push(new Array(1000).fill({}));\nexport default {};';
  const { code, message } = await failure(text, { heapMb: 32, deadlineMs: 60_000 });
  assert.is(code, 'E2003');
  assert.match(message, '32 MiB');
});

test('clock, randomness, network, timers and environment are not there, and are told by line', async () => {
  const outside = [
    'Date.now()',
    'new Date()',
    'Date()',
    'Math.random()',
    "fetch('http://x')",
    'setTimeout(() => {}, 1)',
    'performance.now()',
    'crypto.randomUUID()',
    'process.env.HOME',
    "new WebSocket('ws://x')",
  ];
  for (const expression of outside) {
    const { code, location } = await failure(`const x = 1;\nexport default { x: ${expression} };`);
    assert.is(code, 'E2004', expression);
    assert.is(location?.line, 3, expression);
  }
});

test('a date that is given is a date', async () => {
  const text =
    'export default { node: { id: new Date(0).toISOString(), cluster: String(Date.UTC(2026, 0)) } };';
  const result = await withFolder({ 'a.ts': text }, (cwd: string) =>
    compile({ entry: 'a.ts', cwd, env: {} }),
  );
  assert.equal(result.diagnostics, []);
});

test('imports', async () => {
  for (const name of ['node:fs', 'fs', 'node:child_process', './nope', 'no-such-package']) {
    const { code } = await failure(`import * as x from '${name}';\nexport default { x };`);
    assert.is(code, 'E2006', name);
  }
});

test('exceptions have the line of the innermost frame in the sources', async () => {
  const text = 'function inner() {\n  throw new RangeError("too many");\n}\nexport default { x: inner() };';
  const { code, message, location } = await failure(text);
  assert.is(code, 'E2001');
  assert.match(message, 'too many');
  assert.is(location?.line, 3);
});

test('what is no data is refused, where it stands', async () => {
  for (const value of ['() => 1', 'Symbol()', '1n', 'new Map()', 'new Date(0)', '/x/']) {
    const { code, path } = await failure(`export default { node: { metadata: { x: ${value} } } };`);
    assert.is(code, 'E2005', value);
    assert.is(path, 'node.metadata.x', value);
  }
  const { code } = await failure(
    'const a: any = {};\na.self = a;\nexport default { node: { metadata: a } };',
  );
  assert.is(code, 'E2005');
  for (const text of [
    'export const x = 1;',
    'export default 5;',
    'export default [];',
    'export default null;',
  ]) {
    assert.is((await failure(text)).code, 'E2005', text);
  }
});

test('declared inputs', async () => {
  const need = "import { env, readFile } from 'envoy3';\n";
  assert.is((await failure(`${need}export default { x: env('NOPE') };`)).code, 'E2001');
  assert.is((await failure(`${need}export default { x: readFile('nope.txt') };`)).code, 'E2007');
});

test.run();
