/** What the type system refuses and what it takes, asked of the native compiler as `envoy3` asks it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkProgram } from '../../compiler/program/program.js';
import { createWorkspace } from '../../compiler/program/project.js';

/** This file runs from `dist/test/types`. */
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'test', 'types', 'configs');

async function typeErrors(entry: string): Promise<string[]> {
  const workspace = createWorkspace();
  try {
    const { diagnostics } = await checkProgram(entry, folder, workspace);
    return diagnostics.map(({ code, message, location }) => `${entry}:${location?.line} ${code} ${message}`);
  } finally {
    workspace.remove();
  }
}

test('configurations that must not compile', async () => {
  const expected = readFileSync(join(folder, 'refused.ts'), 'utf8').match(/@ts-expect-error\n/g) ?? [];
  assert.ok(expected.length > 35);
  assert.equal(await typeErrors('refused.ts'), []);
});

test('configurations that must', async () => {
  assert.equal(await typeErrors('accepted.ts'), []);
  assert.equal(await typeErrors('everything.ts'), []);
});

test('a line that is fine would be told', async () => {
  assert.match((await typeErrors('unused.ts')).join(), 'TS2578');
});

test.run();
