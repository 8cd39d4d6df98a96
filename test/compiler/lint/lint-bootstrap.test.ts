import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BootstrapView } from '../../../compiler/check/bootstrap-view.js';
import type { DisabledRule } from '../../../compiler/lint/lint-bootstrap.js';
import { lintBootstrap, withDisabled } from '../../../compiler/lint/lint-bootstrap.js';
import { resolveLint } from '../../../compiler/lint/lint-config.js';

type Fields = Record<string, unknown>;

function lint(bootstrap: unknown, disabled: readonly DisabledRule[] = []) {
  return lintBootstrap(new BootstrapView(bootstrap), resolveLint(withDisabled({}, disabled)));
}

function codes(bootstrap: unknown): string[] {
  return lint(bootstrap).map(({ code, path }) => `${code} ${path.join('.')}`);
}

function admin(address: string): Fields {
  return { admin: { address: { socket_address: { address, port_value: 1 } } } };
}

test('no-public-admin', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) assert.equal(codes(admin(address)), [], address);
  for (const address of ['0.0.0.0', '::', '10.0.0.1']) {
    assert.equal(codes(admin(address)), ['no-public-admin admin.address.socket_address.address'], address);
  }
  assert.equal(codes({ admin: { address: { pipe: { path: '/x' } } } }), []);
});

test('require-dns-lookup-family', () => {
  const clusters = [
    { name: 'a', type: 'STRICT_DNS' },
    { name: 'b', type: 'LOGICAL_DNS', dns_lookup_family: 'V4_ONLY' },
    { name: 'c', type: 'STATIC' },
  ];
  assert.equal(codes({ static_resources: { clusters } }), [
    'require-dns-lookup-family static_resources.clusters.0',
  ]);
});

function unreachable(...matches: Fields[]): number[] {
  const hcm = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    route_config: { virtual_hosts: [{ name: 'v', routes: matches.map((match) => ({ match })) }] },
  };
  const bootstrap = {
    static_resources: { listeners: [{ filter_chains: [{ filters: [{ typed_config: hcm }] }] }] },
  };
  return lint(bootstrap)
    .filter(({ code }) => code === 'no-unreachable-route')
    .map(({ path }) => Number(path.at(-2)));
}

test('no-unreachable-route finds what an earlier route takes', () => {
  assert.equal(unreachable({ prefix: '/' }, { prefix: '/a' }), [1]);
  assert.equal(unreachable({ prefix: '/a' }, { path: '/ab' }), [1]);
  assert.equal(unreachable({ path: '/a' }, { path: '/a' }), [1]);
  assert.equal(unreachable({ path_separated_prefix: '/a' }, { path: '/a/b' }), [1]);
  assert.equal(unreachable({ safe_regex: { regex: '/x.*' } }, { safe_regex: { regex: '/x.*' } }), [1]);
  assert.equal(unreachable({ prefix: '/A', case_sensitive: false }, { prefix: '/ab' }), [1]);
  assert.equal(unreachable({ prefix: '/' }, { safe_regex: { regex: '/.*' }, headers: [{ name: 'x' }] }), [1]);
});

test('no-unreachable-route is silent where a route can match', () => {
  assert.equal(unreachable({ prefix: '/a' }, { prefix: '/' }), []);
  assert.equal(unreachable({ prefix: '/', headers: [{ name: 'x' }] }, { prefix: '/a' }), []);
  assert.equal(unreachable({ prefix: '/', grpc: {} }, { prefix: '/a' }), []);
  assert.equal(unreachable({ prefix: '/', runtime_fraction: {} }, { prefix: '/a' }), []);
  assert.equal(unreachable({ path_separated_prefix: '/a' }, { prefix: '/ab' }), []);
  assert.equal(unreachable({ prefix: '/a' }, { prefix: '/A', case_sensitive: false }), []);
  assert.equal(unreachable({ prefix: '/' }, { connect_matcher: {} }), []);
});

test('a rule can be switched off with a reason', () => {
  assert.equal(lint(admin('0.0.0.0'), [{ rule: 'no-public-admin', reason: 'behind a firewall' }]), []);
});

test('a rule is not switched off without a reason, nor by a wrong name', () => {
  const off = (rule: string, reason: string) =>
    lint(admin('0.0.0.0'), [{ rule, reason }]).map(({ code, fix }) => `${code}: ${fix}`);
  assert.equal(off('no-public-admin', ' '), [
    'lint-options: write the reason down',
    'no-public-admin: bind it to 127.0.0.1',
  ]);
  assert.match(off('no-pulic-admin', 'x')[0] ?? '', "lint-options: did you mean 'no-public-admin'?");
});

test.run();
