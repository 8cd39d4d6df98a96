import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkBootstrap } from '../../../compiler/check/check-bootstrap.js';

type Fields = Record<string, unknown>;

const type = (name: string) => `type.googleapis.com/envoy.extensions.filters.${name}`;
const router = { name: 'router', typed_config: { '@type': type('http.router.v3.Router') } };
const lua = { name: 'lua', typed_config: { '@type': type('http.lua.v3.Lua') } };

function cluster(name: string, more: Fields = {}): Fields {
  return { name, ...more };
}

function listener(more: Fields = {}, manager: Fields = {}): Fields {
  const hcm = {
    '@type': type('network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'x',
    http_filters: [router],
    ...manager,
  };
  return {
    name: 'l',
    address: { socket_address: { address: '0.0.0.0', port_value: 80 } },
    filter_chains: [{ filters: [{ name: 'hcm', typed_config: hcm }] }],
    ...more,
  };
}

function routes(list: Fields[], host: Fields = {}): Fields {
  return { route_config: { virtual_hosts: [{ name: 'v', domains: ['*'], routes: list, ...host }] } };
}

function findings(clusters: Fields[], listeners: Fields[] = []): string[] {
  const found = checkBootstrap({ static_resources: { listeners, clusters } });
  return found.map(
    ({ code, path, fix }) => `${code} ${path.slice(1).join('.')}${fix === undefined ? '' : ` (${fix})`}`,
  );
}

test('a sound bootstrap has no findings', () => {
  const route = { match: { prefix: '/' }, route: { cluster: 'a' } };
  assert.equal(findings([cluster('a')], [listener({}, routes([route]))]), []);
});

test('routes to clusters that do not exist', () => {
  const weighted = {
    clusters: [
      { name: 'a', weight: 1 },
      { name: 'c', weight: 1 },
    ],
  };
  const list = [
    { match: { prefix: '/' }, route: { cluster: 'servce' } },
    { match: { prefix: '/' }, route: { weighted_clusters: weighted } },
    { match: { prefix: '/' }, redirect: {} },
  ];
  const found = findings([cluster('a'), cluster('service')], [listener({}, routes(list))]);
  assert.is(found.length, 2);
  assert.match(found[0] ?? '', /^E3003 .*routes\.0\.route\.cluster \(did you mean 'service'\?\)$/);
  assert.match(found[1] ?? '', /^E3003 .*weighted_clusters\.clusters\.1\.name/);
  const lax = { ...(routes(list).route_config as Fields), validate_clusters: false };
  assert.equal(findings([cluster('a')], [listener({}, { route_config: lax })]), []);
});

test('names and domains that are taken', () => {
  assert.match(findings([cluster('a'), cluster('a')])[0] ?? '', /^E3001 clusters\.1\.name/);
  const hosts = [
    { name: 'v', domains: ['a.com', '*'] },
    { name: 'w', domains: ['A.COM'] },
  ];
  const found = findings([], [listener({}, { route_config: { virtual_hosts: hosts } })]);
  assert.match(found[0] ?? '', /^E3002 .*virtual_hosts\.1\.domains\.0/);
});

test('the order of filters', () => {
  assert.match(
    findings([], [listener({}, { http_filters: [router, lua] })])[0] ?? '',
    /^E3004 .*http_filters\.0/,
  );
  assert.match(findings([], [listener({}, { http_filters: [lua] })])[0] ?? '', /^E3005 .*http_filters\.0/);
  assert.equal(findings([], [listener({}, { http_filters: [] })]), []);
  const disabled = { ...router, disabled: true };
  assert.match(findings([], [listener({}, { http_filters: [disabled] })])[0] ?? '', /^E3005 .*disabled/);
});

test('addresses', () => {
  const at = (address: string, port = 80) => ({ address: { socket_address: { address, port_value: port } } });
  assert.match(findings([], [listener(at('localhost'))])[0] ?? '', /^E3006 /);
  assert.match(findings([], [listener(), listener({ name: 'm' })])[0] ?? '', /^E3007 listeners\.1/);
  assert.equal(findings([], [listener(), listener({ name: 'm', ...at('0.0.0.0', 81) })]), []);
  const hosts = { load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: at('example.com') }] }] } };
  assert.match(findings([cluster('a', hosts)])[0] ?? '', /^E3006 .*STRICT_DNS/);
  assert.equal(findings([cluster('a', { type: 'STRICT_DNS', ...hosts })]), []);
});

test('listeners without an address or a chain, and chains alike', () => {
  assert.match(findings([], [{ name: 'x' }])[0] ?? '', /^E3008 listeners\.0 /);
  assert.match(findings([], [listener({ filter_chains: [] })])[0] ?? '', /^E3008 /);
  const [chain] = listener().filter_chains as Fields[];
  assert.match(findings([], [listener({ filter_chains: [chain, chain] })])[0] ?? '', /^E3009 /);
});

test('cluster types and their demands', () => {
  assert.match(findings([cluster('a', { type: 'LOGICAL_DNS' })])[0] ?? '', /^E3010 /);
  assert.match(findings([cluster('a', { type: 'ORIGINAL_DST' })])[0] ?? '', /^E3011 /);
});

test('regular expressions are those of RE2', () => {
  for (const regex of ['(', 'a(?=b)', '\\1', 'a{1001}', '*']) {
    const list = [{ match: { safe_regex: { regex } }, redirect: {} }];
    assert.match(findings([], [listener({}, routes(list))])[0] ?? '', /^E3012 /, regex);
  }
  const list = [{ match: { safe_regex: { regex: '/a/(\\d+)/.*' } }, redirect: {} }];
  assert.equal(findings([], [listener({}, routes(list))]), []);
});

test.run();
