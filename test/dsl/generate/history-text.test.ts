/** Older releases: the text of their differences, and the models that come out of it. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { targetFlag } from '../../../cli/support/target-option.js';
import { releaseModel } from '../../../dsl/api/history/release-model.js';
import { targetApi, targetNames } from '../../../dsl/api/history/target-api.js';
import type { ApiModel, FieldModel } from '../../../dsl/api/model/api-model.js';
import { compareReleases } from '../../../dsl/generate/compare-releases.js';
import { parseFacts } from '../../../dsl/generate/facts-text.js';
import { formatHistory, parseHistory } from '../../../dsl/generate/history-text.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
const facts = (name: string): string => readFileSync(resolve(root, 'dsl/generate/facts', name), 'utf8');

test('the committed differences read and write back to the same bytes', () => {
  const text = facts('older-releases.txt');
  assert.is(formatHistory(parseHistory(text)), text);
});

test('every fact that is told by its name alone is one of the newest release', () => {
  const newest = parseFacts(facts('envoy-1.40.txt'));
  const history = parseHistory(facts('older-releases.txt'));
  assert.is(history.releases.at(-1), newest.release);
  const dangling = Object.entries(history.messages).flatMap(([name, { members }]) =>
    Object.keys(members).filter(
      (member) => newest.messages[name]?.fields.some((field) => field.name === member) !== true,
    ),
  );
  assert.equal(dangling, []);
});

test('a line that is none is refused with its number', () => {
  const begin = 'releases 1.1.0 1.2.0\n';
  assert.throws(() => parseHistory(`${begin}  1.1 orphan\n`), /line 2 belongs to nothing/);
  assert.throws(() => parseHistory(`${begin}mesage a\n`), /line 2 starts with 'mesage'/);
  assert.throws(() => parseHistory(`${begin}message 1.3+ a.B\n`), /'1.3\+' names no releases/);
});

/** Some fields, values and extensions out of few, so that releases have much in common and little in order. */
const field: fc.Arbitrary<FieldModel> = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c'),
    number: fc.integer({ min: 1, max: 3 }),
    type: fc.constantFrom('string', 'x.E', 'x.M'),
    deprecated: fc.constantFrom('deprecated' as const, 'fatal' as const),
    rules: fc.constantFrom({ min_len: 1 }, { required: true }),
  },
  { requiredKeys: ['name', 'number', 'type'], noNullPrototype: true },
);
const fields = fc.uniqueArray(field, { selector: ({ name }) => name, maxLength: 3 });
const names = fc.constantFrom('x.M', 'x.N');
const message = fc
  .record({ file: fc.constantFrom('m.proto', 'n.proto'), fields })
  .map(({ file, fields: all }) =>
    // In the order of the names: what an older release has besides goes to the end.
    ({ file, fields: all.sort((one, other) => (one.name < other.name ? -1 : 1)) }),
  );
const enumeration = fc.record({
  file: fc.constant('e.proto'),
  values: fc.dictionary(fc.constantFrom('ONE', 'TWO'), fc.integer({ min: 0, max: 2 })),
});
const extension = fc.record({
  category: fc.constantFrom('k', 'l'),
  name: fc.constantFrom('one', 'two'),
  types: fc.subarray(['x.M', 'x.N']),
});
const model = (release: string): fc.Arbitrary<ApiModel> =>
  fc.record({
    release: fc.constant(release),
    messages: fc.dictionary(names, message),
    enums: fc.dictionary(fc.constant('x.E'), enumeration),
    extensions: fc.uniqueArray(extension, { selector: ({ category, name }) => `${category} ${name}` }),
  });

/** The order of members is that of the newest release, which the older one may not have. */
function sorted({ messages, enums, extensions, release }: ApiModel): unknown {
  const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1);
  const types = Object.entries(messages).map(([name, { fields: all, ...head }]) => [
    name,
    { ...head, fields: [...all].sort(byName) },
  ]);
  const values = Object.entries(enums).map(([name, one]) => [
    name,
    one.file,
    Object.entries(one.values).sort(),
  ]);
  return {
    release,
    messages: types.sort(),
    enums: values,
    extensions: extensions.map((one) => JSON.stringify([one.category, one.name, one.types])).sort(),
  };
}

test('older releases come out of the differences as they went in', () => {
  fc.assert(
    fc.property(model('1.1.0'), model('1.2.0'), model('1.3.0'), (oldest, older, newest) => {
      const history = parseHistory(formatHistory(compareReleases([oldest, older], newest)));
      assert.equal(sorted(releaseModel(newest, history, 0)), sorted(oldest));
      assert.equal(sorted(releaseModel(newest, history, 1)), sorted(older));
    }),
    { numRuns: 500 },
  );
});

test('the option takes every release that is known', () => {
  assert.equal(targetFlag.target.choices, targetNames);
});

test('releases tell what they have', () => {
  const target = targetApi('envoy-1.38');
  assert.is(target?.model.release, '1.38.3');
  const cluster = target?.model.messages['envoy.config.cluster.v3.Cluster']?.fields.map(({ name }) => name);
  assert.ok(cluster?.includes('per_connection_buffer_high_watermark_timeout'));
  assert.not(cluster?.includes('stats_matcher'));
  assert.is(targetApi('envoy-1.12'), undefined);
  const { releases } = target as NonNullable<typeof target>;
  const span = releases.ofField('envoy.config.cluster.v3.Cluster', 'stats_matcher');
  assert.equal(span, { since: '1.40' });
  assert.equal(releases.ofField('envoy.config.cluster.v3.Cluster', 'health_checks'), { since: '1.36' });
  assert.equal(releases.ofForm('envoy.config.cluster.v3.Cluster', 'health_checks'), { since: '1.40' });
  assert.is(releases.ofField('envoy.config.cluster.v3.Cluster', 'no_such'), undefined);
  assert.equal(releases.ofMessage('envoy.config.listener.v3.ListenerManager'), {
    since: '1.36',
    until: '1.38',
  });
});

test.run();
