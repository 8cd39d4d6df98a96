/**
 * The mistakes that people make, each with the text that they read: one folder a case under `test/golden`, with the input
 * and what `envoy3 check` prints for it. `GOLDEN_UPDATE=1 npm test -- golden` writes the texts anew, for review.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkText, compile, formatText } from '../../compiler/index.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const golden = join(root, 'test', 'golden');

async function output(folder: string): Promise<string> {
  const yaml = join(folder, 'input.yaml');
  const diagnostics = existsSync(yaml)
    ? checkText(readFileSync(yaml, 'utf8'), { file: 'input.yaml' })
    : (await compile({ entry: 'input.ts', cwd: folder, env: {}, deadlineMs: 3000 })).diagnostics;
  return formatText(diagnostics, { color: false, cwd: folder }).replaceAll(folder, '<folder>');
}

const names = readdirSync(golden).sort();

test('there are at least twenty-five cases, from TypeScript and from YAML', () => {
  assert.ok(names.filter((name) => existsSync(join(golden, name, 'input.ts'))).length >= 12);
  assert.ok(names.length >= 25);
});

for (const name of names) {
  test(name, async () => {
    const folder = join(golden, name);
    const file = join(folder, 'expected.txt');
    const text = await output(folder);
    if (process.env.GOLDEN_UPDATE) writeFileSync(file, text);
    assert.fixture(text, readFileSync(file, 'utf8'));
    // A case that finds nothing shows nothing.
    assert.match(text, /(?:error|warning)/);
  });
}

test.run();
