import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../../runtime/network/filter.js';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import type { Host } from '../../../../runtime/upstream/host/host.js';
import { createBalancerStats } from '../../../../runtime/upstream/load-balancing/create-balancer-stats.js';
import { balancerContext, balancerFactory, host, hostSet, nonZero } from '../fixtures.js';

type Json = Record<string, unknown>;

const names = ['a', 'b', 'c', 'd'];
const hosts: readonly Host[] = names.map((name, at) =>
  host(`1.0.0.${at}`, {
    lbMetadata: { version: at < 2 ? '1' : '2', stage: at % 2 === 0 ? 'prod' : 'dev', list: ['all', name] },
  }),
);
const byKeys = [{ keys: ['version'] }, { keys: ['version', 'stage'] }];

class Rig {
  readonly stats = createStatsStore();
  readonly make: ReturnType<typeof balancerFactory>;

  constructor(config: Json, more: Json = {}) {
    const cluster = { lb_subset_config: { subset_selectors: byKeys, ...config }, ...more };
    this.make = balancerFactory(cluster, () => 0, { stats: createBalancerStats('c.', this.stats) });
  }

  /** The hosts that may be chosen, by their last number. */
  chosen(lb: Json | undefined, of: readonly Host[] = hosts): string {
    const balancer = this.make(hostSet(...of), undefined);
    const context = balancerContext(lb === undefined ? {} : { lb });
    const found = Array.from({ length: 12 }, () => balancer.chooseHost(context)?.addressText ?? '-');
    return [...new Set(found)]
      .map((text) => text.replace(/^1\.0\.0\.|:80$/g, ''))
      .sort()
      .join('');
  }
}

const cases: readonly (readonly [what: string, config: Json, lb: Json | undefined, expected: string])[] = [
  ['one key', {}, { version: '1' }, '01'],
  ['two keys, in any order', {}, { stage: 'dev', version: '2' }, '3'],
  ['an unknown value', {}, { version: '3' }, '-'],
  ['keys of no selector', {}, { stage: 'dev' }, '-'],
  ['nothing wanted', {}, undefined, '-'],
  ['any, when nothing fits', { fallback_policy: 'ANY_ENDPOINT' }, { version: '3' }, '0123'],
  ['any, when nothing is wanted', { fallback_policy: 'ANY_ENDPOINT' }, undefined, '0123'],
  [
    'the default subset',
    { fallback_policy: 'DEFAULT_SUBSET', default_subset: { stage: 'prod' } },
    { version: '3' },
    '02',
  ],
  [
    'an empty default subset',
    { fallback_policy: 'DEFAULT_SUBSET', default_subset: { stage: '?' } },
    { version: '3' },
    '-',
  ],
  [
    'an empty default subset, in panic',
    { fallback_policy: 'DEFAULT_SUBSET', default_subset: { stage: '?' }, panic_mode_any: true },
    { version: '3' },
    '0123',
  ],
  [
    'the selector says no, the cluster any',
    {
      fallback_policy: 'ANY_ENDPOINT',
      subset_selectors: [{ keys: ['version'], fallback_policy: 'NO_FALLBACK' }],
    },
    { version: '3' },
    '-',
  ],
  [
    'fewer keys',
    {
      subset_selectors: [
        { keys: ['stage', 'version'], fallback_policy: 'KEYS_SUBSET', fallback_keys_subset: ['version'] },
        { keys: ['version'] },
      ],
    },
    { version: '2', stage: '?' },
    '23',
  ],
  ['a list is not its values', { subset_selectors: [{ keys: ['list'] }] }, { list: 'c' }, '-'],
  [
    'a list as any of its values',
    { subset_selectors: [{ keys: ['list'] }], list_as_any: true },
    { list: 'c' },
    '2',
  ],
  [
    'one host for each',
    { subset_selectors: [{ keys: ['version'], single_host_per_subset: true }] },
    { version: '2' },
    '2',
  ],
  [
    'one list of wishes after the other',
    { metadata_fallback_policy: 'FALLBACK_LIST' },
    { fallback_list: [{ version: '9' }, { version: '1', stage: 'dev' }, { version: '2' }] },
    '1',
  ],
];

for (const [what, config, lb, expected] of cases) {
  test(what, () => assert.is(new Rig(config).chosen(lb), expected));
}

test('an unhealthy host is not chosen within its subset, and panic is of the subset', () => {
  const sick = host('1.0.0.8', { healthy: false, lbMetadata: { version: '1' } });
  assert.is(new Rig({}).chosen({ version: '1' }, [...hosts, sick]), '01');
  const alone = host('1.0.0.9', { healthy: false, lbMetadata: { version: '7' } });
  assert.is(new Rig({}).chosen({ version: '7' }, [...hosts, alone]), '9');
});

test('subsets come and go with hosts, and are counted', () => {
  const rig = new Rig({});
  const before = rig.make(hostSet(...hosts), undefined);
  before.chooseHost(balancerContext({ lb: { version: '1' } }));
  assert.equal(nonZero(rig.stats, 'c.'), {
    lb_subsets_active: 6,
    lb_subsets_created: 6,
    lb_subsets_selected: 1,
  });
  const after = rig.make(hostSet(...hosts.slice(0, 2)), before);
  after.chooseHost(balancerContext({ lb: { version: '2' } }));
  assert.equal(nonZero(rig.stats, 'c.'), {
    lb_subsets_active: 3,
    lb_subsets_created: 6,
    lb_subsets_removed: 3,
    lb_subsets_selected: 1,
  });
});

test('localities weigh in a subset as they do without, or by the part of their hosts that is in it', () => {
  const of = (at: number, zone: string, localityWeight: number, version: string): Host =>
    host(`1.0.0.${at}`, { zone, localityWeight, lbMetadata: { version } });
  const spread = [of(0, 'a', 1, '1'), of(1, 'b', 3, '1'), of(2, 'b', 3, '2'), of(3, 'b', 3, '2')];
  const share = (config: Json): number => {
    const common = { common_lb_config: { locality_weighted_lb_config: {} } };
    const rig = new Rig({ subset_selectors: [{ keys: ['version'] }], ...config }, common);
    const balancer = rig.make(hostSet(...spread), undefined);
    const context = balancerContext({ lb: { version: '1' } });
    const found = Array.from({ length: 40 }, () => balancer.chooseHost(context));
    return found.filter((one) => one === spread[0]).length;
  };
  assert.is(share({ locality_weight_aware: true }), 10);
  assert.is(share({ locality_weight_aware: true, scale_locality_weight: true }), 20);
});

test('redundant keys are left out where that is allowed', () => {
  const policy = (name: string, config: Json) => ({
    policies: [
      {
        typed_extension_config: {
          name,
          typed_config: {
            '@type': `type.googleapis.com/envoy.extensions.load_balancing_policies.${name}`,
            ...config,
          },
        },
      },
    ],
  });
  const inner = policy('round_robin.v3.RoundRobin', {});
  for (const [allow_redundant_keys, expected] of [
    [true, '01'],
    [false, '-'],
  ] as const) {
    const config = { subset_selectors: byKeys, allow_redundant_keys, subset_lb_policy: inner };
    const make = balancerFactory({ load_balancing_policy: policy('subset.v3.Subset', config) }, () => 0);
    const balancer = make(hostSet(...hosts), undefined);
    const context = balancerContext({ lb: { version: '1', colour: 'red' } });
    const found = Array.from(
      { length: 4 },
      () => balancer.chooseHost(context)?.addressText.slice(6, 7) ?? '-',
    );
    assert.is([...new Set(found)].sort().join(''), expected);
  }
});

test('wrong fallback keys are refused at their place', () => {
  const refused: [Json, string][] = [
    [{ fallback_policy: 'KEYS_SUBSET' }, 'fallback_policy: fallback_keys_subset cannot be empty'],
    [
      { fallback_policy: 'KEYS_SUBSET', fallback_keys_subset: ['b'] },
      'fallback_keys_subset: fallback_keys_subset must be a subset of selector keys',
    ],
    [
      { fallback_policy: 'KEYS_SUBSET', fallback_keys_subset: ['a'] },
      'fallback_keys_subset: fallback_keys_subset cannot be equal to keys',
    ],
    [
      { fallback_keys_subset: ['a'] },
      'fallback_keys_subset: fallback_keys_subset can be set only for KEYS_SUBSET fallback_policy',
    ],
  ];
  for (const [selector, expected] of refused) {
    try {
      new Rig({ subset_selectors: [{ keys: ['a'], ...selector }] });
      assert.unreachable(expected);
    } catch (error) {
      assert.instance(error, ConfigError);
      const { message, path } = error as ConfigError;
      assert.is(`${path.join('.')}: ${message}`, `lb_subset_config.subset_selectors.0.${expected}`);
    }
  }
});

test.run();
