/** Every code has a page and is produced by a golden case or a test of its check; every code that occurs is documented. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../../cli/main.js';
import { diagnosticCodes, ruleNames, rulePage } from '../../../compiler/index.js';
import { recordedIo } from '../../cli/recorded-io.js';

/** This file runs from `dist/test/compiler/diagnostics`. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'));
}

const codes = Object.keys(diagnosticCodes);

test('every code of the sources has a page, and the other way round', () => {
  const sources = [...filesBelow('compiler', /\.ts$/), ...filesBelow('cli', /\.ts$/)].filter(
    (text) => !text.includes('const diagnosticCodes'),
  );
  const quoted = sources.flatMap((text) => text.match(/'E\d{4}'/g) ?? []);
  const words = ['lint-options', 'unused-disable', 'unused-baseline', 'route-test'];
  const used = new Set([...quoted.map((code) => code.slice(1, -1)), ...words]);
  assert.equal([...used].sort(), [...codes].sort());
});

test('every code is produced by a golden case or a test', () => {
  const texts = [
    ...filesBelow('test/golden', /expected\.txt$/),
    ...filesBelow('test', /(?<!diagnostic-codes)\.test\.ts$/),
  ].join('\n');
  assert.equal(
    codes.filter((code) => !texts.includes(code)),
    [],
  );
});

test('every page explains, shows and mends', async () => {
  for (const code of codes) {
    const io = recordedIo('/');
    assert.is(await main(['explain', code], io), 0);
    const page = diagnosticCodes[code];
    for (const part of [page?.title, page?.explanation, page?.fix]) {
      assert.ok(part !== undefined && part.length > 3 && io.out().includes(part), code);
    }
    assert.not.match(page?.title ?? '', /\.$/, code);
  }
});

test('every lint rule is explained', async () => {
  for (const name of ruleNames) {
    const io = recordedIo('/');
    assert.is(await main(['explain', name], io), 0);
    assert.is(io.out(), rulePage(name));
  }
});

test.run();
