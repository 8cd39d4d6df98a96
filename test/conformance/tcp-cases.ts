/** Connections that the suite `tcp-parity` makes through real Envoy and through the bundled runtime. */
import { generate } from 'selfsigned';
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
    proxy: { access_log_flush_interval: '1s' },
    clients: [[hello, { until: 5 }, { wait: 1300 }, hello, { until: 10 }, 'end']],
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

const limitCases: readonly TcpCase[] = [
  {
    id: 'connection limit of the listener',
    connectionLimit: 1,
    startPauseMs: 150,
    clients: [[hello, { until: 5 }, { wait: 400 }, 'end'], [], [{ wait: 400 }, hello]],
    endsAnyhow: true,
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

const listenerTypes = 'type.googleapis.com/envoy.extensions.filters.listener.';
const proxyProtocol = (fields: Record<string, unknown> = {}) => ({
  name: 'envoy.filters.listener.proxy_protocol',
  typed_config: {
    '@type': `${listenerTypes}proxy_protocol.v3.ProxyProtocol`,
    stat_prefix: 'THE_PREFIX',
    ...fields,
  },
});

/** A header of version 2. */
function binary(command: number, family: number, body: string, length = body.length): string {
  return `\r\n\r\n\0\r\nQUIT\n${String.fromCharCode(command, family, length >> 8, length & 255)}${body}`;
}
const v4 = '\x0a\x00\x00\x01\x0a\x00\x00\x02\x10\x00\x00\x50';
const v6 = `${'\x20\x01\x0d\xb8'.padEnd(15, '\0')}\x01${'\x20\x01\x0d\xb8'.padEnd(15, '\0')}\x02\x10\x00\x00\x50`;
const tlv = (type: number, value: string) =>
  `${String.fromCharCode(type, value.length >> 8, value.length & 255)}${value}`;

function proxied(id: string, header: string, fields: Record<string, unknown> = {}): TcpCase {
  return {
    id: `proxy_protocol: ${id}`,
    listener: { listener_filters: [proxyProtocol(fields)], listener_filters_timeout: '1s' },
    clients: [[{ send: header }, { wait: 100 }, hello, { wait: 200 }, 'end']],
    // Whether the rest was read before the connection was closed is a matter of time.
    endsAnyhow: true,
  };
}

const without = { allow_requests_without_proxy_protocol: true };
const proxyProtocolCases: readonly TcpCase[] = [
  proxied('v1 TCP4', 'PROXY TCP4 10.0.0.1 10.0.0.2 4096 80\r\n'),
  proxied('v1 TCP6', 'PROXY TCP6 2001:db8::1 2001:db8::2 4096 80\r\n'),
  proxied('v1 UNKNOWN', 'PROXY UNKNOWN\r\n'),
  proxied('v1 UNKNOWN with more', 'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'),
  proxied('v1 with octets behind', 'PROXY TCP4 10.0.0.1 10.0.0.2 4096 80\r\nbehind'),
  proxied('v1 bad port', 'PROXY TCP4 10.0.0.1 10.0.0.2 70000 80\r\n'),
  proxied('v1 port 0', 'PROXY TCP4 10.0.0.1 10.0.0.2 0 80\r\n'),
  proxied('v1 bad address', 'PROXY TCP4 10.0.0.300 10.0.0.2 4096 80\r\n'),
  proxied('v1 wrong family', 'PROXY TCP4 ::1 ::2 4096 80\r\n'),
  proxied('v1 unknown family', 'PROXY UDP4 10.0.0.1 10.0.0.2 4096 80\r\n'),
  proxied('v1 two spaces', 'PROXY TCP4  10.0.0.1 10.0.0.2 4096 80\r\n'),
  proxied('v1 too few', 'PROXY TCP4 10.0.0.1 10.0.0.2 4096\r\n'),
  proxied('v1 too many', 'PROXY TCP4 10.0.0.1 10.0.0.2 4096 80 1\r\n'),
  proxied('v1 LF only', 'PROXY TCP4 10.0.0.1 10.0.0.2 4096 80\n'),
  proxied('v1 too long', `PROXY TCP4 ${'1'.repeat(200)}`),
  proxied('v1 exactly 107', `PROXY UNKNOWN ${'x'.repeat(107 - 16)}\r\n`),
  proxied('v1 exactly 108', `PROXY UNKNOWN ${'x'.repeat(108 - 16)}\r\n`),
  proxied('v1 exactly 109', `PROXY UNKNOWN ${'x'.repeat(109 - 16)}\r\n`),
  proxied('v1 lower case', 'proxy TCP4 10.0.0.1 10.0.0.2 4096 80\r\n'),
  proxied('v1 leading zeros', 'PROXY TCP4 10.0.0.01 10.0.0.2 4096 80\r\n'),
  proxied('v2 TCP over IPv4', binary(0x21, 0x11, v4)),
  proxied('v2 TCP over IPv6', binary(0x21, 0x21, v6)),
  proxied('v2 UDP over IPv4', binary(0x21, 0x12, v4)),
  proxied('v2 LOCAL', binary(0x20, 0x00, '')),
  proxied('v2 LOCAL with addresses', binary(0x20, 0x11, v4)),
  proxied('v2 UNSPEC', binary(0x21, 0x00, '')),
  proxied('v2 UNSPEC with octets', binary(0x21, 0x00, 'abc')),
  proxied('v2 UNIX', binary(0x21, 0x31, 'x'.repeat(216))),
  proxied('v2 version 1', binary(0x11, 0x11, v4)),
  proxied('v2 command 2', binary(0x22, 0x11, v4)),
  proxied('v2 family 4', binary(0x21, 0x41, v4)),
  proxied('v2 transport 3', binary(0x21, 0x13, v4)),
  proxied('v2 too short', binary(0x21, 0x11, v4.slice(0, 8))),
  proxied('v2 IPv6 too short', binary(0x21, 0x21, v4)),
  proxied('v2 with TLVs', binary(0x21, 0x11, v4 + tlv(2, 'authority') + tlv(0xea, 'x'))),
  proxied('v2 with a broken TLV', binary(0x21, 0x11, `${v4}\x02\x00\x09abc`)),
  proxied('v2 with half a TLV', binary(0x21, 0x11, `${v4}\x02`)),
  proxied('v2 LOCAL with TLVs', binary(0x20, 0x11, v4 + tlv(2, 'authority'))),
  proxied('v2 with octets behind', `${binary(0x21, 0x11, v4)}behind`),
  proxied('v2 with much', binary(0x21, 0x11, v4 + tlv(0xea, 'x'.repeat(60_000)))),
  proxied('none', 'GET / HTTP/1.1\r\n'),
  proxied('none, one octet', 'G'),
  proxied('none, allowed', 'GET / HTTP/1.1\r\n', without),
  proxied('none, allowed, one octet', 'x', without),
  proxied('the beginning of one, allowed', 'PRO', without),
  proxied('v1, none allowed as well', 'PROXY TCP4 10.0.0.1 10.0.0.2 4096 80\r\n', without),
  proxied('broken v1, none allowed as well', 'PROXY TCP9 \r\n', without),
  proxied('v1 disallowed', 'PROXY TCP4 10.0.0.1 10.0.0.2 4096 80\r\n', { disallowed_versions: ['V1'] }),
  proxied('v2 disallowed', binary(0x21, 0x11, v4), { disallowed_versions: ['V2'] }),
  proxied('v2, v1 disallowed', binary(0x21, 0x11, v4), { disallowed_versions: ['V1'] }),
  {
    ...proxied('a slow header', ''),
    clients: [
      [
        { send: 'PROXY TCP4 10.0.0.1 ' },
        { wait: 200 },
        { send: '10.0.0.2 4096 80\r' },
        { wait: 100 },
        { send: '\nhello' },
        { until: 5 },
        'end',
      ],
    ],
  },
  { ...proxied('no end of the header', ''), clients: [[{ send: 'PROXY TCP4' }]] },
  { ...proxied('nothing', ''), clients: [[]] },
  { ...proxied('half of it, then the end', ''), clients: [[{ send: 'PROXY TCP4' }, { wait: 50 }, 'end']] },
  {
    ...proxied('nothing, going on', ''),
    listener: {
      listener_filters: [proxyProtocol()],
      listener_filters_timeout: '0.3s',
      continue_on_listener_filters_timeout: true,
    },
    clients: [[{ wait: 600 }, hello, { until: 5 }, 'end']],
  },
  {
    ...proxied('rbac by the told address', ''),
    before: [rbac({ rules: { policies: { p: policy({ source_ip: range('10.0.0.0', 8) }) } } })],
    clients: [[{ send: binary(0x21, 0x11, v4) }, hello, { until: 5 }, 'end']],
  },
  {
    ...proxied('rbac by the socket', ''),
    before: [rbac({ rules: { policies: { p: policy({ direct_remote_ip: range('127.0.0.1', 32) }) } } })],
    clients: [[{ send: binary(0x21, 0x11, v4) }, hello, { until: 5 }, 'end']],
  },
];

const upstreamProxyProtocol = (config: unknown) => ({
  transport_socket: {
    name: 'envoy.transport_sockets.upstream_proxy_protocol',
    typed_config: {
      '@type':
        'type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport',
      config,
      transport_socket: {
        name: 'raw',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
        },
      },
    },
  },
});
const all = { match_type: 'INCLUDE_ALL' };

/** What a host is told of a connection whose own header says 10.0.0.1, or IPv6, and has TLVs. */
function told(
  id: string,
  config: unknown,
  header = binary(0x21, 0x11, v4 + tlv(2, 'auth') + tlv(0xea, 'x')),
): TcpCase {
  return {
    id: `upstream_proxy_protocol: ${id}`,
    listener: { listener_filters: [proxyProtocol({ pass_through_tlvs: all })] },
    cluster: upstreamProxyProtocol(config),
    host: [{ until: 5 }, { wait: 100 }, 'end'],
    clients: [[{ send: `${header}hello` }, { wait: 300 }, 'end']],
  };
}

const upstreamProxyProtocolCases: readonly TcpCase[] = [
  told('V1', { version: 'V1' }),
  told('V1 of IPv6', { version: 'V1' }, binary(0x21, 0x21, v6)),
  told('V2', { version: 'V2' }),
  told('V2 of IPv6', { version: 'V2' }, binary(0x21, 0x21, v6)),
  told('V2 with all TLVs', { version: 'V2', pass_through_tlvs: all }),
  told('V2 with one TLV', { version: 'V2', pass_through_tlvs: { match_type: 'INCLUDE', tlv_type: [2] } }),
  told('V2 with TLVs of its own', {
    version: 'V2',
    pass_through_tlvs: all,
    added_tlvs: [
      { type: 0xea, value: 'b3du' },
      { type: 0xeb, value: 'bW9yZQ==' },
    ],
  }),
  {
    ...told('refused', { version: 'V2' }),
    refused: true,
  },
];

const made = await generate([{ name: 'commonName', value: 'name.example' }], { keySize: 2048 });
export const certificate = { cert: made.cert, key: made.private };

const tlsTypes = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.';
const terminating = (more: Record<string, unknown> = {}) => ({
  transport_socket: {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `${tlsTypes}DownstreamTlsContext`,
      common_tls_context: {
        tls_certificates: [
          {
            certificate_chain: { inline_string: certificate.cert },
            private_key: { inline_string: certificate.key },
          },
        ],
      },
      ...more,
    },
  },
});
const originating = {
  transport_socket: {
    name: 'envoy.transport_sockets.tls',
    typed_config: { '@type': `${tlsTypes}UpstreamTlsContext`, sni: 'name.example' },
  },
};
const inspecting = {
  listener_filters: [
    {
      name: 'tls',
      typed_config: { '@type': `${listenerTypes}tls_inspector.v3.TlsInspector` },
    },
  ],
};

const tlsCases: readonly TcpCase[] = [
  {
    id: 'TLS in front',
    listener: inspecting,
    chain: terminating(),
    clients: [['start TLS', hello, { until: 5 }, 'end']],
    ignoredStats: ['ssl'],
  },
  {
    id: 'TLS in front, the host ends',
    listener: inspecting,
    chain: terminating(),
    host: [{ until: 5 }, { send: 'bye' }, 'end'],
    clients: [['start TLS', hello, { until: 3 }, { wait: 100 }, 'end']],
    ignoredStats: ['ssl'],
  },
  {
    id: 'TLS in front, rbac wants TLS',
    listener: inspecting,
    chain: terminating(),
    before: [rbac({ rules: { policies: { p: policy({ authenticated: {} }) } } })],
    clients: [['start TLS', hello, { until: 5 }, 'end']],
    ignoredStats: ['ssl'],
    endsAnyhow: true,
  },
  {
    id: 'TLS in front, rbac wants a name',
    listener: inspecting,
    chain: terminating(),
    before: [
      rbac({ rules: { policies: { p: policy({ authenticated: { principal_name: { prefix: 'a' } } }) } } }),
    ],
    clients: [['start TLS', { wait: 200 }, hello]],
    ignoredStats: ['ssl'],
    endsAnyhow: true,
  },
  ...(
    [
      ['by its subject', { exact: 'CN=name.example' }],
      ['of another name', { exact: 'CN=other.example' }],
      ['of any name', { safe_regex: { regex: '.*' } }],
    ] as const
  ).map(
    ([id, principal_name]): TcpCase => ({
      id: `TLS in front, rbac of a certificate ${id}`,
      listener: inspecting,
      chain: terminating({ require_client_certificate: true }),
      clientTls: true,
      before: [rbac({ rules: { policies: { p: policy({ authenticated: { principal_name } }) } } })],
      clients: [['start TLS', { wait: 200 }, hello, { wait: 300 }, 'end']],
      ignoredStats: ['ssl'],
      endsAnyhow: true,
    }),
  ),
  {
    id: 'TLS in front, rbac by server name',
    chain: terminating(),
    listener: inspecting,
    before: [
      rbac({ rules: { policies: { p: policy(any, { requested_server_name: { exact: 'name.example' } }) } } }),
    ],
    clients: [['start TLS', hello, { until: 5 }, 'end']],
    ignoredStats: ['ssl'],
  },
  {
    id: 'TLS behind',
    cluster: originating,
    hostTls: true,
    clients: [[hello, { until: 5 }, 'end']],
    ignoredStats: ['ssl'],
  },
  {
    id: 'TLS behind, no TLS there',
    ignoresHosts: true,
    cluster: originating,
    clients: [[]],
    ignoredStats: ['ssl'],
  },
  {
    id: 'TLS behind, the host says nothing',
    // What BoringSSL says of a handshake that we have cut ourselves.
    ignoresLog: true,
    cluster: { ...originating, connect_timeout: '0.4s' },
    host: [],
    clients: [[]],
    ignoresHosts: true,
    ignoredStats: ['ssl'],
  },
  {
    id: 'TLS behind, the host says nothing, twice',
    cluster: { ...originating, connect_timeout: '0.3s' },
    proxy: { max_connect_attempts: 2 },
    host: [],
    clients: [[hello]],
    ignoresHosts: true,
    ignoredStats: ['ssl'],
    endsAnyhow: true,
  },
  {
    id: 'TLS behind, the client leaves before',
    cluster: originating,
    host: [],
    clients: [[hello, { wait: 200 }, 'reset']],
    ignoresHosts: true,
    ignoredStats: ['ssl'],
  },
  {
    id: 'TLS behind, idle before it is connected',
    cluster: originating,
    proxy: { idle_timeout: '0.3s' },
    host: [],
    clients: [[]],
    ignoresHosts: true,
    ignoredStats: ['ssl'],
  },
  {
    id: 'TLS through, by server name',
    listener: inspecting,
    hostTls: true,
    clients: [['start TLS', hello, { until: 5 }, 'end']],
    // How many octets a handshake has is the matter of the libraries.
    ignoredStats: ['bytes_total'],
    ignoresLog: true,
  },
];

/** Octets that an HTTP inspector is shown; a chain for HTTP answers, the other one does not. */
function http(id: string, text: string, protocol: string): TcpCase {
  return {
    id: `http_inspector: ${id}`,
    listener: {
      listener_filters: [
        {
          name: 'http',
          typed_config: { '@type': `${listenerTypes}http_inspector.v3.HttpInspector` },
        },
      ],
      filter_chains: [
        {
          filter_chain_match: { application_protocols: [protocol], transport_protocol: 'raw_buffer' },
          filters: [direct({ inline_string: 'HTTP' })],
        },
      ],
      default_filter_chain: { filters: [direct({ inline_string: 'other' })] },
      listener_filters_timeout: '0.5s',
    },
    clients: [[{ send: text }]],
    endsAnyhow: true,
  };
}

const httpInspectorCases: readonly TcpCase[] = [
  http('1.1', 'GET / HTTP/1.1\r\n\r\n', 'http/1.1'),
  http('1.0', 'GET / HTTP/1.0\r\n\r\n', 'http/1.0'),
  http('1.1 for 1.0', 'GET / HTTP/1.1\r\n\r\n', 'http/1.0'),
  http('h2c', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'h2c'),
  http('other octets', '\x00\x01\x02', 'http/1.1'),
  http('half a line', 'GET /', 'http/1.1'),
  http('unknown method', 'BREW / HTTP/1.1\r\n\r\n', 'http/1.1'),
  http('a word', 'hello\r\n', 'http/1.1'),
  http('HTTP/2.1', 'GET / HTTP/2.1\r\n\r\n', 'http/1.1'),
];

export const tcpCases: readonly TcpCase[] = [
  ...tcpProxyCases,
  ...readFilterCases,
  ...limitCases,
  ...terminalCases,
  ...proxyProtocolCases,
  ...upstreamProxyProtocolCases,
  ...httpInspectorCases,
  ...tlsCases,
];

/** Cases in which the bundled runtime differs on purpose. */
export const knownTcpDifferences: Readonly<Record<string, string>> = {
  'TLS behind, the client leaves before': 'a client that has gone is noticed before there is a host for it',
};
