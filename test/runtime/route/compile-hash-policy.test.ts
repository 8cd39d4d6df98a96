import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { xxHash64 } from '../../../runtime/common/xx-hash-64.js';
import { ConfigError } from '../../../runtime/network/filter.js';
import { compileHashPolicy } from '../../../runtime/route/compile-hash-policy.js';
import type { HashedRequest } from '../../../runtime/route/route-table.js';

class Request implements HashedRequest {
  readonly method = 'GET';
  readonly scheme = 'http';
  readonly authority = 'a.example';
  readonly random = 0;
  readonly path: string;
  readonly headers: string[];
  readonly downstreamRemoteAddress: string;
  readonly cookies: string[] = [];

  constructor(path = '/', headers: string[] = [], address = '1.2.3.4:5') {
    this.path = path;
    this.headers = headers;
    this.downstreamRemoteAddress = address;
  }

  connectionHash(): string {
    return '00000000000000ff';
  }

  addSetCookie(value: string): void {
    this.cookies.push(value);
  }
}

function hash(policies: readonly object[], request = new Request()): bigint | undefined {
  return compileHashPolicy(policies)?.(request);
}

const header = (header_name: string, more: object = {}) => ({ header: { header_name, ...more } });

test('headers: all their values, in any order', () => {
  assert.is(hash([header('X-A')], new Request('/', ['x-a', 'v'])), xxHash64('v'));
  assert.is(hash([header('x-a')], new Request('/', ['x-b', 'v'])), undefined);
  const two = hash([header('x-a')], new Request('/', ['x-a', 'b', 'x-a', 'a']));
  assert.is(two, hash([header('x-a')], new Request('/', ['x-a', 'a', 'x-a', 'b'])));
  assert.is(two, xxHash64('b', xxHash64('a')));
  assert.is(hash([header(':path')], new Request('/p?q')), xxHash64('/p?q'));
  assert.is(hash([header('Host')]), xxHash64('a.example'));
});

test('a header may be rewritten before', () => {
  const regex_rewrite = { pattern: { regex: '^(\\w+)-.*$' }, substitution: '\\1' };
  const of = (value: string) => hash([header('x-a', { regex_rewrite })], new Request('/', ['x-a', value]));
  assert.is(of('user-1'), xxHash64('user'));
  assert.is(of('user-1'), of('user-2'));
  assert.is(of('plain'), xxHash64('plain'));
});

test('the address of the client, without its port', () => {
  const policy = { connection_properties: { source_ip: true } };
  assert.is(hash([policy]), xxHash64('1.2.3.4'));
  assert.is(hash([policy], new Request('/', [], '[::1]:80')), xxHash64('::1'));
  assert.is(hash([policy], new Request('/', [], '')), undefined);
  assert.is(hash([{ connection_properties: {} }]), undefined);
});

test('a parameter of the query, undecoded', () => {
  const policy = { query_parameter: { name: 'k' } };
  assert.is(hash([policy], new Request('/?a=b&k=v&k=w')), xxHash64('v'));
  assert.is(hash([policy], new Request('/?k=%31')), xxHash64('%31'));
  assert.is(hash([policy], new Request('/?k')), xxHash64(''));
  assert.is(hash([policy], new Request('/?kk=1')), undefined);
});

test('a cookie that is sent, and one that is made', () => {
  const sent = new Request('/', ['cookie', 'sess="v"']);
  assert.is(hash([{ cookie: { name: 'sess', ttl: '5s' } }], sent), xxHash64('v'));
  assert.equal(sent.cookies, []);
  const none = new Request();
  assert.is(hash([{ cookie: { name: 'sess' } }], none), undefined);
  assert.equal(none.cookies, []);
  const made = new Request();
  const attributes = [{ name: 'SameSite', value: 'Lax' }, { name: 'Secure' }];
  assert.is(
    hash([{ cookie: { name: 'sess', ttl: '90.5s', path: '/p', attributes } }], made),
    xxHash64('00000000000000ff'),
  );
  assert.equal(made.cookies, [
    'sess="00000000000000ff"; Max-Age=90; Path=/p; SameSite=Lax; Secure; HttpOnly',
  ]);
  const session = new Request();
  hash([{ cookie: { name: 'sess', ttl: '0s' } }], session);
  assert.equal(session.cookies, ['sess="00000000000000ff"; HttpOnly']);
});

test('several policies are joined, and a terminal one ends them once there is something', () => {
  const request = new Request('/?k=v', ['x-a', 'a']);
  const a = xxHash64('a');
  const turned = BigInt.asUintN(64, (a << 1n) | (a >> 63n));
  const query = { query_parameter: { name: 'k' } };
  assert.is(hash([header('x-a'), query], request), turned ^ xxHash64('v'));
  assert.is(hash([header('x-a'), header('x-a')], request), turned ^ a, 'equal ones do not cancel out');
  assert.is(hash([{ ...header('x-a'), terminal: true }, query], request), a);
  assert.is(hash([{ ...header('x-none'), terminal: true }, query], request), xxHash64('v'));
  assert.is(compileHashPolicy([]), undefined);
  assert.is(compileHashPolicy(undefined), undefined);
});

test('what is not built is refused at its place', () => {
  try {
    compileHashPolicy([header('x'), { filter_state: { key: 'k' } }]);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ConfigError);
    assert.equal((error as ConfigError).path, [1]);
    assert.ok((error as ConfigError).unsupported);
  }
});

test.run();
