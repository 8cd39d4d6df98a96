/**
 * The build step that makes `dsl/api/generated` from the committed facts. Skipped when neither the facts nor the
 * generator changed since (a stamp beside the output).
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseFacts } from './facts-text.js';
import { parseHistory } from './history-text.js';
import { readFieldDocs } from './sources/field-docs.js';
import { writeHistory } from './writers/write-history.js';
import { writeSchema } from './writers/write-schema.js';
import { writeTable } from './writers/write-table.js';
import { writeTypes } from './writers/write-types.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../../..');
const factsFile = join(root, 'dsl', 'generate', 'facts', 'envoy-1.40.txt');
const historyFile = join(root, 'dsl', 'generate', 'facts', 'older-releases.txt');
const output = join(root, 'dsl', 'api', 'generated');
const stampFile = join(output, '.stamp');

const facts = readFileSync(factsFile, 'utf8');
const older = readFileSync(historyFile, 'utf8');
const hash = createHash('sha256').update(facts).update(older);
for (const name of [
  'facts-text.js',
  'history-text.js',
  'sources/field-docs.js',
  ...readdirSync(join(here, 'writers')).map((file) => `writers/${file}`),
].sort()) {
  if (name.endsWith('.js')) hash.update(readFileSync(join(here, name)));
}
const stamp = hash.digest('hex');

if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  const model = parseFacts(facts);
  mkdirSync(output, { recursive: true });
  const docs = readFieldDocs(root);
  writeFileSync(join(output, 'types.ts'), writeTypes(model, docs));
  writeFileSync(join(output, 'table.ts'), writeTable(model));
  writeFileSync(join(output, 'history.ts'), writeHistory(parseHistory(older)));
  writeFileSync(join(output, 'bootstrap.schema.json'), writeSchema(model, docs));
  writeFileSync(stampFile, stamp);
}
