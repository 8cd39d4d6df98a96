/** Orders and values as measured on Envoy 1.40. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { StreamInfo } from '../../../runtime/common/stream-info.js';
import { compileHeaderMutation, joinMutations } from '../../../runtime/route/compile-header-mutation.js';
import { streamInfoOf } from '../../support/stream-info.js';

const start = ['user-agent', 'u', 'rep', 'a', 'rep', 'b', 'o', 'orig'];

const add = (key: string, value: string, append_action?: string, more: object = {}) => ({
  header: { key, value },
  ...(append_action && { append_action }),
  ...more,
});
const OVERWRITE = 'OVERWRITE_IF_EXISTS_OR_ADD';

/** The list afterwards, as lines. */
function mutate(
  level: object,
  direction: 'request' | 'response' = 'request',
  given: Partial<StreamInfo> = {},
): string[] {
  const headers = [...start];
  const key = direction === 'request' ? 'requestHeaders' : 'responseHeaders';
  const info = streamInfoOf({ ...given, [key]: headers });
  compileHeaderMutation(level as Record<string, unknown>, direction)?.(headers, info);
  return lines(headers);
}

function lines(headers: readonly string[]): string[] {
  return headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []));
}

const unchanged = lines(start);
const kept = (...names: string[]): string[] =>
  unchanged.filter((line) => !names.some((name) => line.startsWith(`${name}:`)));
const requestAdd = (...options: object[]) => ({ request_headers_to_add: options });

test('nothing configured is no mutation at all', () => {
  assert.is(compileHeaderMutation({}, 'request'), undefined);
  assert.is(compileHeaderMutation({ response_headers_to_add: [add('x', '1')] }, 'request'), undefined);
});

test('appends a line of its own, with the name in lower case', () => {
  assert.equal(mutate(requestAdd(add('X-New', 'v'), add('rep', 'c'))), [...unchanged, 'x-new: v', 'rep: c']);
});

test('joins headers that have one line only', () => {
  assert.equal(mutate(requestAdd(add('User-Agent', 'v'), add('accept', '*/*'))), [
    'user-agent: u,v',
    ...unchanged.slice(1),
    'accept: */*',
  ]);
  const response = { response_headers_to_add: [add('user-agent', 'v')] };
  assert.equal(mutate(response, 'response'), [...unchanged, 'user-agent: v']);
});

test('makes values from what was there, replaces, then appends', () => {
  const level = requestAdd(
    add('a', '1'),
    add('rep', '2', OVERWRITE),
    add('c', '%REQ(rep)%'),
    add('d', '4', OVERWRITE),
    add('e', '5', 'ADD_IF_ABSENT'),
    add('rep', '6', 'OVERWRITE_IF_EXISTS'),
    add('f', '7', 'OVERWRITE_IF_EXISTS'),
    add('o', '8', 'ADD_IF_ABSENT'),
    add('g', '%REQ(a)%'),
  );
  assert.equal(mutate(level), [...kept('rep'), 'd: 4', 'rep: 6', 'a: 1', 'c: a', 'e: 5']);
});

test('two options that want an absent header both find it absent', () => {
  const level = requestAdd(
    add('x', '1', 'ADD_IF_ABSENT'),
    add('x', '2', 'ADD_IF_ABSENT'),
    add('x', '3', 'OVERWRITE_IF_EXISTS'),
  );
  assert.equal(mutate(level), [...unchanged, 'x: 1', 'x: 2']);
});

test('removes before it adds, and before values are made', () => {
  const level = {
    request_headers_to_remove: ['REP', 'nope'],
    ...requestAdd(add('rep', 'again'), add('y', '%REQ(rep)%')),
  };
  assert.equal(mutate(level), [...kept('rep'), 'rep: again']);
});

test('leaves out empty values, unless they are to be kept', () => {
  const level = requestAdd(
    add('m1', 'a-%REQ(nope)%'),
    add('m2', '%REQ(nope)%'),
    add('m3', '%REQ(nope)%', undefined, { keep_empty_value: true }),
    add('m4', ''),
    add('m5', '', undefined, { keep_empty_value: true }),
    add('o', '%REQ(nope)%', OVERWRITE),
  );
  assert.equal(mutate(level), [...unchanged, 'm1: a-', 'm3: ', 'm5: ']);
  assert.equal(mutate(requestAdd(add('m4', ''))), unchanged);
});

test('the older `append`', () => {
  assert.equal(mutate(requestAdd(add('rep', 'z', undefined, { append: false }))), [...kept('rep'), 'rep: z']);
  assert.equal(mutate(requestAdd(add('rep', 'z', undefined, { append: true }))), [...unchanged, 'rep: z']);
});

test('values are octets, and may tell of the response', () => {
  assert.equal(mutate(requestAdd(add('x', 'é'))), [...unchanged, 'x: \xc3\xa9']);
  const level = {
    response_headers_to_add: [add('x', '%RESP(rep)%|%RESPONSE_CODE%|%RESPONSE_FLAGS%|%REQ(nope)%|%%')],
  };
  assert.equal(mutate(level, 'response'), [...unchanged, 'x: a|200|-||%']);
});

test('a value that the request chose stays on its line', () => {
  const given = { path: '/?q=a%0d%0ax:%201' };
  assert.equal(mutate(requestAdd(add('x', '%QUERY_PARAM(q)%')), 'request', given), [
    ...unchanged,
    'x: a\\r\\nx: 1',
  ]);
});

test('levels run one after the other and see what the ones before did', () => {
  const route = compileHeaderMutation(requestAdd(add('x', 'route'), add('o', 'route', OVERWRITE)), 'request');
  const host = compileHeaderMutation(
    requestAdd(add('x', 'host-%REQ(x)%'), add('o', 'host', OVERWRITE)),
    'request',
  );
  const headers = ['o', 'orig'];
  joinMutations([route, undefined, host])?.(headers, streamInfoOf({ requestHeaders: headers }));
  assert.equal(lines(headers), ['x: route', 'o: host', 'x: host-route']);
  assert.is(joinMutations([undefined, undefined]), undefined);
  assert.is(joinMutations([undefined, route]), route);
});

const refused: [string, object, string, string][] = [
  [
    'host',
    requestAdd(add('x', '1'), add('Host', 'h')),
    'request_headers_to_add.1.header.key',
    ':-prefixed or host headers may not be modified',
  ],
  [
    ':path',
    requestAdd(add(':path', '/')),
    'request_headers_to_add.0.header.key',
    ':-prefixed or host headers may not be modified',
  ],
  [
    'host to be removed',
    { request_headers_to_remove: ['a', 'host'] },
    'request_headers_to_remove.1',
    ':-prefixed or host headers may not be removed',
  ],
  [
    'an unknown command',
    requestAdd(add('x', '%NOPE%')),
    'request_headers_to_add.0.header.value',
    'Not supported field in StreamInfo: NOPE',
  ],
  [
    'a stray percent sign',
    requestAdd(add('x', '100%')),
    'request_headers_to_add.0.header.value',
    "Incorrect configuration: 100%. Couldn't find valid command at position 3",
  ],
];

for (const [name, level, path, message] of refused) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => compileHeaderMutation(level as Record<string, unknown>, 'request'),
      (error: { path: unknown[]; message: string }) =>
        error.path.join('.') === path && error.message === message,
    );
  });
}

test.run();
