import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../cli/support/package.js';
import { supportTable } from '../../cli/support/support-table.js';
import { fieldsOf } from '../../dsl/api/index.js';
import { httpFilters, networkFilters, readFilters, supportedFields } from '../../runtime/extensions.js';

test('everything that is said to be served exists in the API', () => {
  const unknown = Object.entries(supportedFields).flatMap(([message, fields]) => {
    const known = fieldsOf(message);
    if (known === undefined) return [message];
    return Object.keys(fields)
      .filter((name) => !known.has(name))
      .map((name) => `${message}.${name}`);
  });
  assert.equal(unknown, []);
});

test('the messages of all filters are among what is served', () => {
  const missing = [...networkFilters.keys(), ...readFilters.keys(), ...httpFilters.keys()].filter(
    (type) => !(type in supportedFields),
  );
  assert.equal(missing, []);
});

test('the page of support says what the code says', () => {
  const page = readFileSync(join(packageRoot, 'docs', 'support.md'), 'utf8');
  assert.ok(page === supportTable(), 'docs/support.md is out of date: run node cli/setup/docs.mjs');
});

test.run();
