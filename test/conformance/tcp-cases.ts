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
  { id: 'refused, the client has sent something', refused: true, clients: [[hello]] },
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

export const tcpCases: readonly TcpCase[] = [...tcpProxyCases];

/** Cases in which the bundled runtime differs on purpose. */
export const knownTcpDifferences: Readonly<Record<string, string>> = {};
