/** Policies: who may pass, who is told why not, and what shadow rules leave behind. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generate } from 'selfsigned';
import { compileAuthenticated } from '../../../../runtime/filters/http/rbac/compile-authenticated.js';
import { compileMetadataMatcher } from '../../../../runtime/route/compile-metadata-matcher.js';
import { compileRbac } from '../../../../runtime/filters/http/rbac/compile-rbac.js';
import { routeRequest } from '../../../support/route-request.js';
import { streamInfoOf } from '../../../support/stream-info.js';
import { filterRig, get, httpFilter, perRoute, routes } from './filter-rig.js';

const any = [{ any: true }];
const policy = { permissions: any, principals: any };
const rbac = (config: object): object[] => [httpFilter('rbac.v3.RBAC', config)];

test('a request that no policy allows is refused, and says so', async () => {
  const rig = filterRig(rbac({ rules: { policies: {} } }));
  const client = await rig.request(get());
  assert.match(client.written, /^HTTP\/1.1 403 .*RBAC: access denied$/s);
  assert.match(rig.logLines.join(), /^403 - rbac_access_denied_matched_policy\[none\]/);
  assert.is(rig.counter('http.p.rbac.denied'), 1);
});

test('a policy that denies is named, without white space', async () => {
  const rig = filterRig(rbac({ rules: { action: 'DENY', policies: { 'b b': policy, c: policy } } }));
  await rig.request(get());
  assert.match(rig.logLines.join(), 'rbac_access_denied_matched_policy[b_b]');
});

test('shadow rules are counted and change nothing', async () => {
  const rig = filterRig(
    rbac({
      rules: { policies: { p: policy } },
      shadow_rules: { policies: {} },
      shadow_rules_stat_prefix: 's',
      track_per_rule_stats: true,
    }),
  );
  await rig.request(get());
  assert.is(rig.upstreams.length, 1);
  assert.is(rig.counter('http.p.rbac.s.shadow_denied'), 1);
  assert.is(rig.counter('http.p.rbac.policy.p.allowed'), 1);
});

test('routes have rules of their own, or none', async () => {
  const closed = { rules: { policies: {} } };
  const open = filterRig(rbac(closed), routes(perRoute('rbac.v3.RBACPerRoute', {})));
  await open.request(get());
  assert.is(open.upstreams.length, 1);
  const shut = filterRig(rbac({}), routes(perRoute('rbac.v3.RBACPerRoute', { rbac: closed })));
  await shut.request(get());
  assert.is(shut.upstreams.length, 0);
});

const subject = {
  request: routeRequest('/a/b?c', ['x: 1']),
  info: streamInfoOf({
    downstreamDirectRemoteAddress: '10.0.0.1:5',
    downstreamRemoteAddress: '9.9.9.9:0',
    downstreamLocalAddress: '[::1]:80',
  }),
  connection: {
    info: { localPort: 80, serverName: 'sni.example' } as never,
    peerCertificate: undefined,
    filterState: new Map(),
  },
};

function passes(permission: object, principal: object = { any: true }): boolean {
  const policies = { p: { permissions: [permission], principals: [principal] } };
  return compileRbac({ policies })(subject).allowed;
}

test('permissions', () => {
  assert.ok(passes({ header: { name: 'x', string_match: { exact: '1' } } }));
  assert.ok(passes({ url_path: { path: { exact: '/a/b' } } }));
  assert.ok(passes({ destination_port: 80 }));
  assert.not(passes({ destination_port: 81 }));
  assert.ok(passes({ destination_port_range: { start: 80, end: 81 } }));
  assert.not(passes({ destination_port_range: { start: 79, end: 80 } }));
  assert.ok(passes({ destination_ip: { address_prefix: '::1', prefix_len: 128 } }));
  assert.not(passes({ destination_ip: { address_prefix: '10.0.0.0', prefix_len: 8 } }));
  assert.ok(passes({ requested_server_name: { suffix: '.example' } }));
  assert.ok(passes({ and_rules: { rules: [{ any: true }, { not_rule: { destination_port: 1 } }] } }));
  assert.not(passes({ or_rules: { rules: [{ destination_port: 1 }, { destination_port: 2 }] } }));
});

test('principals', () => {
  const principal = (one: object): boolean => passes({ any: true }, one);
  assert.ok(principal({ remote_ip: { address_prefix: '9.9.9.9', prefix_len: 32 } }));
  assert.ok(principal({ direct_remote_ip: { address_prefix: '10.0.0.0', prefix_len: 8 } }));
  assert.not(principal({ direct_remote_ip: { address_prefix: '9.9.9.9', prefix_len: 32 } }));
  assert.not(principal({ authenticated: {} }));
  assert.ok(principal({ not_id: { authenticated: {} } }));
  assert.ok(principal({ or_ids: { ids: [{ authenticated: {} }, { any: true }] } }));
  assert.not(principal({ and_ids: { ids: [{ authenticated: {} }, { any: true }] } }));
});

test('what needs real Envoy is refused with its place', () => {
  const bad = { permissions: any, principals: [{ any: true }, { filter_state: {} }] };
  assert.throws(
    () => compileRbac({ policies: { p: bad } }),
    (error: { path: unknown; unsupported: boolean }) => {
      assert.ok(error.unsupported);
      assert.equal(error.path, ['policies', 'p', 'principals', 1, 'filter_state']);
      return true;
    },
  );
});

test('metadata: values of every kind', () => {
  const metadata = { n: 1.5, s: 'x', t: true, nil: null, list: [1, 'y'] };
  const info = streamInfoOf({ dynamicMetadata: (_filter, [key = '']) => metadata[key as 'n'] });
  const fits = (key: string, value: object, more: object = {}): boolean =>
    compileMetadataMatcher({ filter: 'f', path: [{ key }], value, ...more })(info);
  assert.ok(fits('n', { double_match: { exact: 1.5 } }));
  assert.ok(fits('n', { double_match: { range: { start: 1, end: 2 } } }));
  assert.not(fits('n', { double_match: { range: { start: 0, end: 1.5 } } }));
  assert.ok(fits('s', { string_match: { exact: 'x' } }));
  assert.ok(fits('t', { bool_match: true }));
  assert.ok(fits('nil', { null_match: {} }));
  assert.ok(fits('list', { list_match: { one_of: { string_match: { exact: 'y' } } } }));
  assert.ok(fits('s', { or_match: { value_matchers: [{ bool_match: true }, { present_match: true }] } }));
  assert.not(fits('none', { present_match: true }));
  assert.not(fits('none', { present_match: false }));
  assert.ok(fits('none', { string_match: { exact: 'x' } }, { invert: true }));
});

test('the names of a certificate: URIs, else DNS names, else the subject', async () => {
  const certificate = async (altNames: { type: number; value: string }[]): Promise<Buffer> => {
    const extensions = altNames.length === 0 ? [] : [{ name: 'subjectAltName', altNames }];
    const { cert } = await generate(
      [
        { name: 'commonName', value: 'joe' },
        { name: 'organizationName', value: 'Org' },
      ],
      { extensions: extensions as never, keySize: 2048 },
    );
    return Buffer.from(cert.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  };
  const uri = { type: 6, value: 'spiffe://a/b' };
  const both = await certificate([{ type: 2, value: 'dns.example' }, uri]);
  const dns = await certificate([{ type: 2, value: 'dns.example' }]);
  const named = (exact: string) => compileAuthenticated({ principal_name: { exact } });
  assert.ok(named('spiffe://a/b')(both));
  assert.not(named('dns.example')(both));
  assert.ok(named('dns.example')(dns));
  assert.not(named('dns.example')(undefined));
  assert.ok(compileAuthenticated({})(dns));
});

test.run();
