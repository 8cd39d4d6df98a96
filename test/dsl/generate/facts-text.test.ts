import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatFacts, parseFacts } from '../../../dsl/generate/facts-text.js';
import { writeTypes } from '../../../dsl/generate/writers/write-types.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
const facts = readFileSync(resolve(root, 'dsl/generate/facts/envoy-1.40.txt'), 'utf8');

test('the committed facts read and write back to the same bytes', () => {
  assert.is(formatFacts(parseFacts(facts)), facts);
});

test('every referenced message and enum is in the facts', () => {
  const model = parseFacts(facts);
  const dangling = Object.entries(model.messages).flatMap(([name, message]) =>
    message.fields
      .filter(
        ({ type }) =>
          type.includes('.') && model.messages[type] === undefined && model.enums[type] === undefined,
      )
      .map((field) => `${name}.${field.name}: ${field.type}`),
  );
  assert.equal(dangling, []);
});

test('every type that an extension registers is in the facts', () => {
  const model = parseFacts(facts);
  const missing = model.extensions
    .flatMap(({ types }) => types)
    .filter((type) => model.messages[type] === undefined);
  assert.equal(missing, []);
});

test('a line that is none is refused with its number', () => {
  assert.throws(() => parseFacts('release 1.0.0\n  1 orphan string\n'), /line 2 belongs to nothing/);
  assert.throws(() => parseFacts('release 1.0.0\nmesage a b\n'), /line 2 starts with 'mesage'/);
});

test('members of a oneof exclude each other and required fields are not optional', () => {
  const model = parseFacts(
    [
      'release 1.0.0',
      'message a.M a/m.proto required=kind',
      '  1 left string oneof:kind',
      '  2 right google.protobuf.Duration oneof:kind',
      '  3 name string {"min_len":1}',
      '  4 many uint32 repeated',
    ].join('\n'),
  );
  const types = writeTypes(model);
  assert.match(
    types,
    /export type a_M = \{\n {2}readonly name: string;\n {2}readonly many\?: readonly number\[\];/,
  );
  assert.match(types, /ExactlyOne<\{\n {2}readonly left: string;\n {2}readonly right: Duration;/);
});

test.run();
