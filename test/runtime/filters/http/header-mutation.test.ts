/** Headers that the filter and the routes change, in order. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { filterRig, get, httpFilter, perRoute, routes } from './filter-rig.js';

const type = 'header_mutation.v3.HeaderMutation';
const append = (key: string, value: string, append_action?: string): object => ({
  append: { header: { key, value }, ...(append_action === undefined ? {} : { append_action }) },
});
const mutations = (list: readonly object[]): object => ({
  mutations: { request_mutations: list, response_mutations: list },
});

test('mutations follow one another, each sees the one before', async () => {
  const rig = filterRig([
    httpFilter(
      type,
      mutations([
        append('x-n', '%REQ(x-a)%'),
        { remove: 'x-a' },
        append('x-a', 'new'),
        append('x-b', 'no', 'ADD_IF_ABSENT'),
        { remove_on_match: { key_matcher: { prefix: 'x-del-' } } },
      ]),
    ),
  ]);
  const client = await rig.request(get(['x-a: old', 'x-b: 1', 'x-del-1: 1', 'x-del-2: 2']));
  assert.match(rig.upstream().written, /x-b: 1\r\nx-forwarded-proto: http\r\nx-n: old\r\nx-a: new\r\n/);
  assert.not.match(rig.upstream().written, 'x-del');
  await rig.answer('HTTP/1.1 200 OK\r\nx-del-3: 1\r\ncontent-length: 0\r\n\r\n');
  assert.match(client.written, /x-n: new\r\nx-a: new\r\nx-b: no\r\n/);
  assert.not.match(client.written, 'x-del');
});

test('the levels of the routes follow the filter, in the order that is asked for', async () => {
  const level = (value: string): object =>
    perRoute('header_mutation.v3.HeaderMutationPerRoute', mutations([append('x', value)]));
  const seen = async (config: object): Promise<string> => {
    const rig = filterRig([httpFilter(type, config)], routes(level('route'), level('host')));
    await rig.request(get());
    return [...rig.upstream().written.matchAll(/x: (\w+)/g)].map(([, value]) => value).join(' ');
  };
  assert.is(await seen(mutations([append('x', 'filter')])), 'filter route host');
  assert.is(await seen({ most_specific_header_mutations_wins: true }), 'host route');
});

test('parameters of the query', async () => {
  const target = async (list: readonly object[], path: string): Promise<string> => {
    const rig = filterRig([httpFilter(type, { mutations: { query_parameter_mutations: list } })]);
    await rig.request(get(['x-v: a b'], path));
    return /^GET (\S+) /.exec(rig.upstream().written)?.[1] ?? '';
  };
  const add = (key: string, value: string, action?: string): object => ({
    append: { record: { key, value }, ...(action === undefined ? {} : { action }) },
  });
  assert.is(await target([add('n', '%REQ(x-v)%')], '/x?z=%20%0a&a'), '/x?a=&n=a%20b&z=%20%0a');
  assert.is(await target([add('a', '1', 'ADD_IF_ABSENT')], '/x?a=0'), '/x?a=0');
  assert.is(await target([add('a', '1', 'OVERWRITE_IF_EXISTS_OR_ADD')], '/x?%61=0&a=2'), '/x?a=1');
  assert.is(await target([add('a', '1', 'OVERWRITE_IF_EXISTS')], '/x'), '/x');
  assert.is(await target([{ remove: 'a' }], '/x?a=1&a=2'), '/x');
});

test('headers that routing needs are not to be changed', () => {
  assert.throws(
    () => filterRig([httpFilter(type, mutations([append('host', 'b')]))]),
    /host headers may not be modified/,
  );
});

test.run();
