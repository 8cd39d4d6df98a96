/** The actions of rate limits, each against a request. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileRateLimits } from '../../../runtime/route/compile-rate-limits.js';
import { routeRequest } from '../../support/route-request.js';
import { streamInfoOf } from '../../support/stream-info.js';

const subject = {
  request: routeRequest('/x?a=1&b=2', ['x-u: joe']),
  info: streamInfoOf({ dynamicMetadata: (_filter, path) => (path[0] === 'k' ? 'meta' : undefined) }),
  remoteAddress: '10.1.2.3',
  localCluster: 'local',
  cluster: 'web' as string | undefined,
};

/** `key=value` of the entries; undefined: no descriptor. */
function entries(actions: readonly object[], more: Partial<typeof subject> = {}): string[] | undefined {
  const [policy] = compileRateLimits([{ actions }]);
  return policy?.descriptor({ ...subject, ...more })?.map(({ key, value }) => `${key}=${value}`);
}

test('every action has its entry', () => {
  const ranges = [{ address_prefix: '10.0.0.0', prefix_len: 8 }];
  assert.equal(
    entries([
      { source_cluster: {} },
      { destination_cluster: {} },
      { remote_address: {} },
      { masked_remote_address: { v4_prefix_mask_len: 20 } },
      { generic_key: { descriptor_value: 'v' } },
      { generic_key: { descriptor_key: 'k', descriptor_value: 'v' } },
      { request_headers: { header_name: 'X-U', descriptor_key: 'u' } },
      { query_parameters: { query_parameter_name: 'b', descriptor_key: 'q' } },
      { header_value_match: { descriptor_value: 'h', headers: [{ name: 'x-u', present_match: true }] } },
      {
        query_parameter_value_match: {
          descriptor_value: 'm',
          query_parameters: [{ name: 'a', string_match: { exact: '1' } }],
        },
      },
      { remote_address_match: { descriptor_value: 'net', address_matcher: { ranges } } },
      { metadata: { descriptor_key: 'm', metadata_key: { key: 'f', path: [{ key: 'k' }] } } },
    ]),
    [
      'source_cluster=local',
      'destination_cluster=web',
      'remote_address=10.1.2.3',
      'masked_remote_address=10.1.0.0/20',
      'generic_key=v',
      'k=v',
      'u=joe',
      'q=2',
      'header_match=h',
      'query_match=m',
      'remote_address_match=net',
      'm=meta',
    ],
  );
});

test('IPv6 addresses are masked as well', () => {
  const action = [{ masked_remote_address: { v6_prefix_mask_len: 33 } }];
  assert.equal(entries(action, { remoteAddress: '2001:db8:ffff::1' }), [
    'masked_remote_address=2001:db8:8000::/33',
  ]);
});

test('an action that finds nothing leaves no descriptor, unless it may be skipped', () => {
  const header = { header_name: 'x-none', descriptor_key: 'n' };
  const last = { generic_key: { descriptor_value: 'v' } };
  assert.is(entries([{ request_headers: header }, last]), undefined);
  assert.equal(entries([{ request_headers: { ...header, skip_if_absent: true } }, last]), ['generic_key=v']);
  const metadata = { descriptor_key: 'm', metadata_key: { key: 'f', path: [{ key: 'none' }] } };
  assert.is(entries([{ metadata }]), undefined);
  assert.equal(entries([{ metadata: { ...metadata, default_value: 'd' } }]), ['m=d']);
  assert.is(entries([{ destination_cluster: {} }], { cluster: undefined }), undefined);
  const match = { descriptor_value: 'h', headers: [{ name: 'x-u', present_match: true }] };
  assert.is(entries([{ header_value_match: { ...match, expect_match: false } }]), undefined);
});

test('hits, of the configuration or of the request', () => {
  const hits = (hits_addend: object | undefined): number | undefined =>
    compileRateLimits([{ actions: [], hits_addend }])[0]?.hitsAddend(subject);
  assert.is(hits(undefined), undefined);
  assert.is(hits({ number: 3 }), 3);
  assert.is(hits({ format: '%BYTES_SENT%' }), 2);
  assert.is(hits({ format: '%REQ(x-none)%' }), undefined);
});

test('what needs real Envoy is refused with its place', () => {
  assert.throws(
    () => compileRateLimits([{ actions: [{ remote_address: {} }, { extension: {} }] }]),
    (error: { path: unknown; unsupported: boolean }) => {
      assert.ok(error.unsupported);
      assert.equal(error.path, [0, 'actions', 1]);
      return true;
    },
  );
});

test.run();
