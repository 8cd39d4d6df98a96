import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyRuntime, isServedKey } from '../../../runtime/layered-runtime/apply-runtime.js';
import { RuntimeSnapshot } from '../../../runtime/layered-runtime/layered-runtime.js';
import { entriesOfStruct } from '../../../runtime/layered-runtime/runtime-entry.js';

type Message = Readonly<Record<string, unknown>>;

const snapshot = (values: object) =>
  new RuntimeSnapshot([{ name: 'one', entries: new Map(entriesOfStruct(values)) }]);

/** @returns the cluster as it is served with these values */
function cluster(own: Message, values: object): Message {
  const applied = applyRuntime({ static_resources: { clusters: [{ name: 'a', ...own }] } }, snapshot(values));
  const [{ name: _name, ...rest }] = applied.static_resources.clusters as unknown as [Message];
  return rest;
}

/** @returns the filter of a connection manager as it is served with these values */
function filter(type: string, own: Message, values: object): Message {
  const typed_config = { '@type': `type.googleapis.com/${type}`, ...own };
  const manager = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    http_filters: [{ name: 'it', typed_config }],
  };
  const listeners = [{ filter_chains: [{ filters: [{ name: 'hcm', typed_config: manager }] }] }];
  const applied = applyRuntime({ static_resources: { listeners } }, snapshot(values));
  const made =
    applied.static_resources.listeners[0]?.filter_chains[0]?.filters[0]?.typed_config.http_filters[0];
  const { '@type': _type, ...rest } = (made?.typed_config ?? {}) as Message;
  return rest;
}

test('without a value that is asked for, nothing is another object', () => {
  const bootstrap = { static_resources: { clusters: [{ name: 'a', outlier_detection: {} }] } };
  assert.is(applyRuntime(bootstrap, snapshot({})), bootstrap);
  const applied = applyRuntime(bootstrap, snapshot({ other: 1 }));
  assert.is(applied.static_resources, bootstrap.static_resources);
});

test('a key has its value in the place of the default, where it is of the kind', () => {
  const slow = { aggression: { default_value: 1, runtime_key: 'k' } };
  const of = (values: object) =>
    (cluster({ round_robin_lb_config: { slow_start_config: slow } }, values).round_robin_lb_config as Message)
      .slow_start_config as Message;
  assert.equal(of({ k: 2.5 }), { aggression: { default_value: 2.5, runtime_key: 'k' } });
  assert.equal(of({ k: 'text' }), slow);
  assert.equal(of({ other: 2 }), slow);
});

test('keys of outlier detection, circuit breakers, panic and health checks', () => {
  assert.equal(
    cluster(
      { outlier_detection: { consecutive_5xx: 5 } },
      { outlier_detection: { consecutive_5xx: 3, interval_ms: 1500, max_ejection_percent: -1 } },
    ),
    { outlier_detection: { consecutive_5xx: 3, interval: '1.5s' } },
  );
  assert.equal(
    cluster(
      { circuit_breakers: { thresholds: [{ priority: 'HIGH', max_requests: 1 }] } },
      {
        circuit_breakers: {
          a: { default: { max_connections: 7 }, high: { max_requests: 2 } },
          b: { high: { max_retries: 9 } },
        },
      },
    ).circuit_breakers,
    {
      thresholds: [
        { priority: 'HIGH', max_requests: 2 },
        { priority: 'DEFAULT', max_connections: 7 },
      ],
    },
  );
  assert.equal(cluster({}, { 'upstream.healthy_panic_threshold': 0 }), {
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
  });
  assert.equal(
    cluster(
      { health_checks: [{ interval: '1s', unhealthy_interval: '60s' }] },
      { 'health_check.min_interval': 2000, 'health_check.max_interval': 30_000 },
    ),
    { health_checks: [{ interval: '2s', unhealthy_interval: '30s' }] },
  );
});

test('keys of filters', () => {
  const fault = 'envoy.extensions.filters.http.fault.v3.HTTPFault';
  const own = {
    abort: { http_status: 503, percentage: { numerator: 0 } },
    delay: { fixed_delay: '1s', percentage: { numerator: 0 } },
    delay_percent_runtime: 'mine',
  };
  assert.equal(filter(fault, own, { 'fault.http.abort': { abort_percent: 50, http_status: 500 }, mine: 3 }), {
    abort: { http_status: 500, percentage: { numerator: 50, denominator: 'HUNDRED' } },
    delay: { fixed_delay: '1s', percentage: { numerator: 3, denominator: 'HUNDRED' } },
    delay_percent_runtime: 'mine',
  });
  const limit = 'envoy.extensions.filters.http.ratelimit.v3.RateLimit';
  assert.equal(filter(limit, { domain: 'd' }, { 'ratelimit.http_filter_enforcing': 0 }), {
    domain: 'd',
    filter_enforced: { default_value: { numerator: 0, denominator: 'HUNDRED' } },
  });
});

test('keys of Envoy that nothing here reads are known', () => {
  assert.ok(isServedKey('routing.canary'));
  assert.ok(isServedKey('circuit_breakers.a.b.default.max_requests'));
  assert.not.ok(isServedKey('envoy.reloadable_features.x'));
  assert.not.ok(isServedKey('upstream.zone_routing.enabled'));
});

test.run();
