/**
 * Golden diagnostics: what users read for the mistakes they really make. Each folder of `test/golden` holds `input.ts` or
 * `input.yaml` and `expected.txt`, the whole text that `envoy3 check` prints, from TypeScript with the lines of the YAML.
 * `GOLDEN_UPDATE=1` writes the expectations anew.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Diagnostic } from '../compiler/index.js';
import { checkText, compile, formatText } from '../compiler/index.js';

/** This file runs from `dist/test`. */
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'test', 'golden');
const update = process.env.GOLDEN_UPDATE === '1';

/** Long enough for every case on a busy machine; only the endless ones wait for it. */
const deadlineMs = 3000;

async function diagnose(cwd: string): Promise<readonly Diagnostic[]> {
  if (existsSync(join(cwd, 'input.ts'))) {
    return (await compile({ entry: 'input.ts', cwd, env: {}, deadlineMs })).diagnostics;
  }
  return checkText(readFileSync(join(cwd, 'input.yaml'), 'utf8'), { file: 'input.yaml' });
}

/** Paths of this machine do not belong into an expectation. */
function anonymous(text: string, cwd: string): string {
  return text.replaceAll(cwd, '<folder>');
}

const cases = readdirSync(folder).sort();

for (const name of cases) {
  test(name, async () => {
    const cwd = join(folder, name);
    const diagnostics = await diagnose(cwd);
    const text = anonymous(formatText(diagnostics, { color: false, cwd }), cwd);
    const file = join(cwd, 'expected.txt');
    if (update) writeFileSync(file, text);
    assert.ok(existsSync(file), `${name} has no expected.txt; run with GOLDEN_UPDATE=1`);
    assert.fixture(text, readFileSync(file, 'utf8'));
  });
}

test('there are cases of both kinds', () => {
  const typed = cases.filter((name) => existsSync(join(folder, name, 'input.ts')));
  assert.ok(typed.length >= 25 && cases.length - typed.length >= 25);
});

test.run();
