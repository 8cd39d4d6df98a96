/** Connections that the suite `tcp-parity` makes through real Envoy and through the bundled runtime. */
import type { TcpCase } from './tcp-differential.js';

const hello = { send: 'hello' };

export const tcpProxyCases: readonly TcpCase[] = [
  { id: 'echo', clients: [[hello, { until: 5 }, 'end']] },
  { id: 'the host speaks first', host: [{ send: 'welcome' }], clients: [[{ until: 7 }, hello, 'end']] },
  {
    id: 'the host ends first',
    host: [{ send: 'bye' }, 'end'],
    clients: [[{ until: 3 }, { wait: 100 }, hello, { wait: 50 }, 'end']],
  },
  {
    id: 'the host ends, the client goes on',
    host: ['end'],
    clients: [[{ wait: 100 }, hello, { wait: 100 }, { send: 'more' }]],
  },
  {
    id: 'the client ends, the host goes on',
    host: [{ until: 5 }, { wait: 200 }, { send: 'late' }, { wait: 100 }, 'end'],
    clients: [[hello, 'end']],
  },
  { id: 'the client ends at once', host: [{ wait: 100 }, { send: 'x' }, 'end'], clients: [['end']] },
  { id: 'the client resets', host: [], clients: [[hello, { wait: 100 }, 'reset']] },
  { id: 'the host resets', host: [{ until: 5 }, 'reset'], clients: [[hello]] },
  {
    id: 'the host resets after octets',
    host: [{ until: 5 }, { send: 'answer' }, { wait: 100 }, 'reset'],
    clients: [[hello]],
  },
  { id: 'refused', refused: true, clients: [[]] },
  { id: 'refused three times', refused: true, proxy: { max_connect_attempts: 3 }, clients: [[]] },
  {
    id: 'refused, with backoff',
    refused: true,
    proxy: { max_connect_attempts: 3, backoff_options: { base_interval: '0.05s', max_interval: '0.1s' } },
    clients: [[]],
  },
  { id: 'unknown cluster', proxy: { cluster: 'nobody' }, clients: [[]] },
  {
    id: 'no host',
    ignoredStats: ['lb_healthy_panic'],
    cluster: { load_assignment: { cluster_name: 'c' } },
    clients: [[]],
  },
  {
    id: 'max_connections 0',
    cluster: { circuit_breakers: { thresholds: [{ max_connections: 0 }] } },
    clients: [[]],
  },
  {
    id: 'max_connections 1',
    cluster: { circuit_breakers: { thresholds: [{ max_connections: 1, track_remaining: true }] } },
    startPauseMs: 150,
    ignoredStats: ['remaining_cx_pools'],
    clients: [[hello, { until: 5 }], [], []],
  },
  {
    id: 'max_pending_requests 0',
    cluster: { circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] } },
    clients: [[]],
  },
  {
    id: 'max_requests 1',
    cluster: { circuit_breakers: { thresholds: [{ max_requests: 1 }] } },
    startPauseMs: 150,
    clients: [
      [hello, { until: 5 }],
      [hello, { until: 5 }],
    ],
  },
  {
    id: 'idle timeout',
    proxy: { idle_timeout: '0.3s' },
    clients: [[hello, { until: 5 }, { wait: 200 }, hello]],
  },
  { id: 'idle timeout, nothing said', proxy: { idle_timeout: '0.3s' }, clients: [[]] },
  {
    id: 'idle timeout after the end of the host',
    proxy: { idle_timeout: '0.3s' },
    host: ['end'],
    clients: [[hello]],
  },
  {
    id: 'max_downstream_connection_duration',
    proxy: { max_downstream_connection_duration: '0.4s' },
    clients: [[hello, { until: 5 }]],
  },
  {
    id: 'weighted clusters',
    proxy: { weighted_clusters: { clusters: [{ name: 'THE_CLUSTER', weight: 1 }] } },
    clients: [[hello, { until: 5 }, 'end']],
  },
  {
    id: 'log on connect and start',
    proxy: { access_log_options: { flush_access_log_on_connected: true, flush_access_log_on_start: true } },
    clients: [[hello, { until: 5 }, 'end']],
  },
  {
    id: 'log by interval',
    proxy: { access_log_flush_interval: '0.4s' },
    clients: [[hello, { until: 5 }, { wait: 600 }, hello, { until: 10 }, 'end']],
  },
  {
    id: 'much, both ways',
    ignoredStats: ['flow_control'],
    clients: [[{ sendMany: 3_000_000 }, { until: 3_000_000 }, 'end']],
  },
  {
    id: 'a slow client',
    listener: { per_connection_buffer_limit_bytes: 100_000 },
    host: [{ until: 5 }, { sendMany: 12_000_000 }, 'end'],
    clients: [['pause', hello, { wait: 700 }, 'resume', { until: 12_000_000 }, 'end']],
  },
  {
    id: 'a slow host',
    cluster: { per_connection_buffer_limit_bytes: 100_000 },
    host: ['pause', { wait: 700 }, 'resume', { until: 12_000_000 }, { send: 'done' }, 'end'],
    clients: [[{ sendMany: 12_000_000 }, 'end']],
  },
  {
    id: 'connect on data',
    proxy: { upstream_connect_mode: 'ON_DOWNSTREAM_DATA', max_early_data_bytes: 1024 },
    clients: [[{ wait: 100 }, hello, { until: 5 }, 'end']],
  },
  {
    id: 'connect on data, none comes',
    proxy: { upstream_connect_mode: 'ON_DOWNSTREAM_DATA', max_early_data_bytes: 1024 },
    clients: [[{ wait: 100 }, 'end']],
  },
  { id: 'hash policy', proxy: { hash_policy: [{ source_ip: {} }] }, clients: [[hello, { until: 5 }, 'end']] },
];

const types = 'type.googleapis.com/envoy.extensions.filters.network.';
const policy = (principal: unknown, permission: unknown = { any: true }) => ({
  permissions: [permission],
  principals: [principal],
});

function rbac(fields: Record<string, unknown>) {
  return {
    name: 'envoy.filters.network.rbac',
    typed_config: { '@type': `${types}rbac.v3.RBAC`, stat_prefix: 'THE_PREFIX', ...fields },
  };
}

/** One policy that allows; the connection comes from 127.0.0.1 to a port of its own. */
function allowing(id: string, principal: unknown, permission?: unknown): TcpCase {
  return {
    id: `rbac: ${id}`,
    before: [rbac({ rules: { policies: { 'the policy': policy(principal, permission) } } })],
    clients: [[hello, { wait: 200 }, 'end']],
  };
}

const any = { any: true };
const range = (address_prefix: string, prefix_len: number) => ({ address_prefix, prefix_len });

const readFilterCases: readonly TcpCase[] = [
  allowing('any', any),
  allowing('source_ip', { source_ip: range('127.0.0.0', 8) }),
  allowing('another source_ip', { source_ip: range('10.0.0.0', 8) }),
  allowing('direct_remote_ip', { direct_remote_ip: range('127.0.0.1', 32) }),
  allowing('remote_ip', { remote_ip: range('127.0.0.1', 32) }),
  allowing('IPv6', { remote_ip: range('::', 0) }),
  allowing('authenticated without TLS', { authenticated: {} }),
  allowing('not_id', { not_id: { source_ip: range('127.0.0.0', 8) } }),
  allowing('and_ids', { and_ids: { ids: [any, { not_id: any }] } }),
  allowing('or_ids', { or_ids: { ids: [{ not_id: any }, any] } }),
  allowing('path', { url_path: { path: { prefix: '/' } } }),
  allowing('destination_ip', any, { destination_ip: range('127.0.0.1', 32) }),
  allowing('destination_port', any, { destination_port: 1 }),
  allowing('destination_port_range', any, { destination_port_range: { start: 1, end: 65536 } }),
  allowing('not_rule', any, { not_rule: { destination_port: 1 } }),
  allowing('and_rules', any, { and_rules: { rules: [any, any] } }),
  allowing('or_rules', any, { or_rules: { rules: [{ destination_port: 1 }, any] } }),
  allowing('requested_server_name', any, { requested_server_name: { exact: '' } }),
  allowing('metadata', { metadata: { filter: 'f', path: [{ key: 'k' }], value: { present_match: true } } }),
  {
    id: 'rbac: DENY',
    before: [rbac({ rules: { action: 'DENY', policies: { p: policy(any) } } })],
    clients: [[hello]],
  },
  {
    id: 'rbac: LOG',
    before: [rbac({ rules: { action: 'LOG', policies: { p: policy(any) } } })],
    clients: [[hello, { until: 5 }, 'end']],
  },
  { id: 'rbac: no rules', before: [rbac({})], clients: [[hello, { until: 5 }, 'end']] },
  { id: 'rbac: empty rules', before: [rbac({ rules: {} })], clients: [[hello]] },
  {
    id: 'rbac: shadow rules',
    before: [
      rbac({ shadow_rules: { policies: { p: policy({ not_id: any }) } }, shadow_rules_stat_prefix: 'pre_' }),
    ],
    clients: [[hello, { until: 5 }, 'end']],
  },
  {
    id: 'rbac: shadow rules with a policy',
    before: [
      rbac({ rules: { policies: { q: policy(any) } }, shadow_rules: { policies: { p: policy(any) } } }),
    ],
    clients: [[hello, { until: 5 }, 'end']],
  },
  {
    id: 'rbac: the host speaks first',
    before: [rbac({ rules: {} })],
    host: [{ send: 'welcome' }],
    clients: [[{ until: 7 }, hello]],
  },
  { id: 'rbac: the client only ends', before: [rbac({ rules: {} })], clients: [['end']] },
  {
    id: 'rbac: delay_deny',
    before: [rbac({ rules: {}, delay_deny: '0.5s' })],
    clients: [[hello, { wait: 100 }, { send: 'more' }]],
  },
  {
    id: 'rbac: CONTINUOUS',
    before: [rbac({ rules: { policies: { p: policy(any) } }, enforcement_type: 'CONTINUOUS' })],
    clients: [
      [hello, { until: 5 }, { wait: 50 }, hello, { until: 10 }, { wait: 50 }, hello, { until: 15 }, 'end'],
    ],
  },
  {
    id: 'connection_limit',
    before: [
      {
        name: 'limit',
        typed_config: {
          '@type': `${types}connection_limit.v3.ConnectionLimit`,
          stat_prefix: 'THE_PREFIX',
          max_connections: 1,
        },
      },
    ],
    startPauseMs: 150,
    clients: [[hello, { until: 5 }, { wait: 400 }, 'end'], [], [{ wait: 400 }, hello]],
  },
  {
    id: 'connection_limit with delay',
    before: [
      {
        name: 'limit',
        typed_config: {
          '@type': `${types}connection_limit.v3.ConnectionLimit`,
          stat_prefix: 'THE_PREFIX',
          max_connections: 1,
          delay: '0.3s',
        },
      },
    ],
    startPauseMs: 150,
    clients: [[hello, { until: 5 }], []],
  },
  {
    id: 'local_ratelimit',
    before: [
      {
        name: 'limit',
        typed_config: {
          '@type': `${types}local_ratelimit.v3.LocalRateLimit`,
          stat_prefix: 'THE_PREFIX',
          token_bucket: { max_tokens: 2, fill_interval: '100s' },
        },
      },
    ],
    startPauseMs: 100,
    clients: [[hello, { until: 5 }, 'end'], [], []],
  },
  {
    id: 'local_ratelimit, off',
    before: [
      {
        name: 'limit',
        typed_config: {
          '@type': `${types}local_ratelimit.v3.LocalRateLimit`,
          stat_prefix: 'THE_PREFIX',
          token_bucket: { max_tokens: 1, fill_interval: '100s' },
          runtime_enabled: { default_value: false, runtime_key: 'k' },
        },
      },
    ],
    startPauseMs: 100,
    clients: [
      [hello, { until: 5 }, 'end'],
      [hello, { until: 5 }, 'end'],
    ],
  },
];

const direct = (response: unknown) => ({
  name: 'direct',
  typed_config: { '@type': `${types}direct_response.v3.Config`, response },
});
const echo = { name: 'echo', typed_config: { '@type': `${types}echo.v3.Echo` } };

const terminalCases: readonly TcpCase[] = [
  { id: 'direct_response', terminal: direct({ inline_string: 'no\n' }), clients: [[]] },
  { id: 'direct_response, empty', terminal: direct({ inline_string: '' }), clients: [[]] },
  {
    id: 'echo filter',
    terminal: echo,
    clients: [[hello, { until: 5 }, { send: 'more' }, { until: 9 }, 'end']],
  },
  { id: 'echo behind rbac', terminal: echo, before: [rbac({ rules: {} })], clients: [[hello]] },
];

export const tcpCases: readonly TcpCase[] = [...tcpProxyCases, ...readFilterCases, ...terminalCases];

/** Cases in which the bundled runtime differs on purpose. */
export const knownTcpDifferences: Readonly<Record<string, string>> = {};
