/** Where in TypeScript a value was made: through helpers, spreads, loops and modules. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SourceLocation } from '../../../compiler/index.js';
import { compile } from '../../../compiler/index.js';
import type { Files } from '../../support/temporary-folder.js';
import { withFolder } from '../../support/temporary-folder.js';

/** A value that Envoy refuses: the place of the finding is the place that was traced. */
const bad = "connect_timeout: '0s'";

/** The text that each place marks: the finding's, then those that it came through. */
async function marked(files: Files): Promise<string[]> {
  const { diagnostics } = await withFolder(files, (cwd: string) => compile({ entry: 'a.ts', cwd, env: {} }));
  const [first] = diagnostics;
  assert.is(first?.code, 'E1004', JSON.stringify(diagnostics));
  const text = (place: SourceLocation | undefined) => {
    const line = files[place?.file ?? '']?.split('\n')[(place?.line ?? 0) - 1] ?? '';
    const start = (place?.column ?? 1) - 1;
    return `${place?.file}: ${line.slice(start, start + (place?.length ?? 0))}`;
  };
  return [first?.location, ...(first?.related ?? []).map(({ location }) => location)].map(text);
}

const wrap = (expression: string) => `export default { static_resources: { clusters: ${expression} } };\n`;

test('a literal', async () => {
  assert.equal(await marked({ 'a.ts': `\n\n${wrap(`[{ name: 'a', ${bad} }]`)}` }), [`a.ts: ${bad}`]);
});

test('a helper: its literal, and the call', async () => {
  const text = `const make = (name: string) => ({\n  name,\n  ${bad},\n});\n${wrap("[make('a')]")}`;
  assert.equal(await marked({ 'a.ts': text }), [`a.ts: ${bad}`, "a.ts: make('a')"]);
});

test('a helper in another module', async () => {
  const made = `export function make(name: string) {\n  return { name, ${bad} };\n}\n`;
  const text = `import { make } from './lib/make';\n${wrap("[make('a')]")}`;
  assert.equal(await marked({ 'lib/make.ts': made, 'a.ts': text }), [
    `lib/make.ts: ${bad}`,
    "a.ts: make('a')",
  ]);
});

test('a spread, and what overwrites it', async () => {
  const spread = `const base = { ${bad} };\n${wrap("[{ name: 'a', ...base }]")}`;
  assert.equal(await marked({ 'a.ts': spread }), [`a.ts: ${bad}`, "a.ts: { name: 'a', ...base }"]);
  const over = `const base = { connect_timeout: '1s' };\n${wrap(`[{ ...base, name: 'a', ${bad} }]`)}`;
  assert.equal(await marked({ 'a.ts': over }), [`a.ts: ${bad}`]);
});

test('the right one of two that look alike', async () => {
  const text = `const make = (name: string, connect_timeout: string) => ({ name, connect_timeout });\n${wrap("[make('a', '1s'), make('b', '0s')]")}`;
  assert.equal(await marked({ 'a.ts': text }), ['a.ts: connect_timeout', "a.ts: make('b', '0s')"]);
});

test('a loop, map and filter', async () => {
  const loop = `const all: object[] = [];\nfor (const name of ['a']) {\n  all.push({ name, ${bad} });\n}\n${wrap('all')}`;
  assert.is((await marked({ 'a.ts': loop }))[0], `a.ts: ${bad}`);
  const map = `const names = ['', 'a'].filter((name) => name !== '');\n${wrap(`names.map((name) => ({ name, ${bad} }))`)}`;
  assert.is((await marked({ 'a.ts': map }))[0], `a.ts: ${bad}`);
});

test('lists that are spread into lists', async () => {
  const text = `const more = [{ name: 'b', ${bad} }];\n${wrap("[{ name: 'a' }, ...more]")}`;
  assert.is((await marked({ 'a.ts': text }))[0], `a.ts: ${bad}`);
});

test('camelCase names and single elements where lists are expected', async () => {
  const text = "export default { staticResources: { clusters: { name: 'a', connectTimeout: '0s' } } };\n";
  assert.equal(await marked({ 'a.ts': text }), ["a.ts: connectTimeout: '0s'"]);
});

test('instrumented sources behave as before: classes, destructuring, optional chains, templates', async () => {
  const text = `class Base { constructor(readonly x: number) {} }
class Sub extends Base { constructor() { super(1); } }
let [one, two] = [1, 2];
[one, two] = [two, one];
let a: number;
({ a } = { a: 3 });
const maybe: any = undefined;

const tag = (parts: readonly string[], ...values: unknown[]) => parts.join('-') + values.length;
const seen = [new Sub().x, one, two, a, maybe?.f?.().g, \`\${[1].map((n) => n).length}\`, tag\`x\${1}y\`].join();
if (seen !== '1,2,1,3,,1,x-y1') throw new Error(seen);

const make = () => ({ ${bad} });
${wrap("[{ name: 'a', ...make() }]")}`;
  assert.is((await marked({ 'a.ts': text }))[0], `a.ts: ${bad}`);
});

test.run();
