/** What constructors of real Envoy 1.40 refuse and take: each line was put to its `--mode validate`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findProblems } from '../../../compiler/check/find-problems.js';
import type { Fields } from './bootstraps.js';
import { bootstrap, cluster, httpFilter, listener, manager, router, url } from './bootstraps.js';

function codes(value: Fields): string[] {
  return findProblems(value, { lint: { extends: 'none' } })
    .findings.filter(({ severity }) => severity === 'error')
    .map(({ code, path }) => `${code} ${path.slice(-2).join('.')}`);
}

function table(title: string, cases: readonly (readonly [value: Fields, found: string | undefined])[]): void {
  test(title, () => {
    for (const [index, [value, found]] of cases.entries()) {
      assert.equal(codes(value), found === undefined ? [] : [found], `case ${index}`);
    }
  });
}

const typed = (name: string, more: Fields = {}): Fields => ({ '@type': url(name), ...more });
const network = (name: string, more: Fields = {}): Fields => ({
  name: 'n',
  typed_config: typed(`envoy.extensions.filters.network.${name}`, more),
});
const node = { node: { id: 'a', cluster: 'b' } };

function reverse(address: string, port = 0): Fields {
  const socket = { address, port_value: port, resolver_name: 'envoy.resolvers.reverse_connection' };
  return bootstrap([{ ...listener(), address: { socket_address: socket } }]);
}

table('addresses of reverse connections', [
  [reverse('rc://n:c:t@u:1'), undefined],
  [reverse('rc://n:c:@u:0'), undefined],
  [reverse('rc://n:c:t@u:1', 1), 'E3006 socket_address.port_value'],
  [reverse('n:c:t@u:1'), 'E3006 socket_address.address'],
  [reverse('rc://:c:t@u:1'), 'E3006 socket_address.address'],
  [reverse('rc://n:c:t@:1'), 'E3006 socket_address.address'],
  [reverse('rc://n:c:t@u:1025'), 'E3006 socket_address.address'],
  [reverse('rc://n:c:t@u:1.5'), 'E3006 socket_address.address'],
  [reverse('rc://n:c:t@u:1@x'), 'E3006 socket_address.address'],
  [reverse(`rc://${'n'.repeat(256)}:c:t@u:1`), 'E3006 socket_address.address'],
  [reverse('rc://n\u0001:c:t@u:1'), 'E3006 socket_address.address'],
]);

const quicSocket = {
  name: 'quic',
  typed_config: typed('envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport', {
    downstream_tls_context: {
      common_tls_context: {
        tls_certificate_sds_secret_configs: [
          { name: 's', sds_config: { path_config_source: { path: '/s' } } },
        ],
      },
    },
  }),
};
const http3 = manager({ codec_type: 'HTTP3' });

function quic(chain: Fields, more: Fields = {}): Fields {
  const address = { socket_address: { protocol: 'UDP', address: '127.0.0.1', port_value: 0 } };
  const udp = { udp_listener_config: { quic_options: {} } };
  return bootstrap([{ name: 'q', address, ...udp, filter_chains: [chain], ...more }], [], node);
}

table('chains of QUIC listeners', [
  [quic({ filters: [http3], transport_socket: quicSocket }), undefined],
  [
    quic({ filters: [network('rbac.v3.RBAC', { stat_prefix: 'r' }), http3], transport_socket: quicSocket }),
    undefined,
  ],
  [quic({ filters: [], transport_socket: quicSocket }), 'E3008 filter_chains.0'],
  [quic({ transport_socket: quicSocket }), 'E3008 filter_chains.0'],
  [quic({ filters: [network('echo.v3.Echo')], transport_socket: quicSocket }), 'E3008 filters.0'],
  [quic({ filters: [http3] }), 'E3008 filter_chains.0'],
  [
    quic({
      filters: [http3],
      transport_socket: {
        name: 'r',
        typed_config: typed('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'),
      },
    }),
    'E3008 0.transport_socket',
  ],
  [
    quic(
      { filters: [http3], transport_socket: quicSocket },
      { default_filter_chain: { transport_socket: quicSocket } },
    ),
    'E3008 0.default_filter_chain',
  ],
]);

function forwarding(name: string, cache: Fields): Fields {
  const config = typed('envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig', {
    dns_cache_config: cache,
  });
  const type = { name: 'envoy.clusters.dynamic_forward_proxy', typed_config: config };
  return { name, lb_policy: 'CLUSTER_PROVIDED', cluster_type: type };
}

table('caches of names are the same under one name', [
  [bootstrap([], [forwarding('a', { name: 'x' }), forwarding('b', { name: 'x' })]), undefined],
  [
    bootstrap(
      [],
      [forwarding('a', { name: 'x' }), forwarding('b', { name: 'x', dns_lookup_family: 'AUTO' })],
    ),
    undefined,
  ],
  [bootstrap([], [forwarding('a', { name: 'x' }), forwarding('b', { name: 'y', max_hosts: 3 })]), undefined],
  [
    bootstrap([], [forwarding('a', { name: 'x' }), forwarding('b', { name: 'x', max_hosts: 1024 })]),
    'E3029 typed_config.dns_cache_config',
  ],
]);

const subset = (selector: Fields): Fields =>
  bootstrap([], [cluster('a', { lb_subset_config: { subset_selectors: [selector] } })]);
const policy = (name: string, more: Fields = {}): Fields => ({
  policies: [
    {
      typed_extension_config: {
        name: 'p',
        typed_config: typed(`envoy.extensions.load_balancing_policies.${name}`, more),
      },
    },
  ],
});
const balanced = (name: string, more: Fields = {}, rest: Fields = {}): Fields =>
  bootstrap([], [cluster('a', { load_balancing_policy: policy(name, more), ...rest })]);
const keys = ['a', 'b'];
const roundRobin = 'round_robin.v3.RoundRobin';

table('subsets and policies', [
  [subset({ keys, fallback_policy: 'KEYS_SUBSET', fallback_keys_subset: ['a'] }), undefined],
  [subset({ keys, fallback_policy: 'KEYS_SUBSET', fallback_keys_subset: ['a', 'a'] }), undefined],
  [subset({ keys, fallback_policy: 'KEYS_SUBSET' }), 'E3011 subset_selectors.0'],
  [subset({ keys, fallback_keys_subset: ['a'] }), 'E3011 0.fallback_keys_subset'],
  [
    balanced('subset.v3.Subset', {
      subset_selectors: [{ keys, fallback_keys_subset: ['a'] }],
      subset_lb_policy: policy(roundRobin),
    }),
    'E3011 0.fallback_keys_subset',
  ],
  [balanced(roundRobin, {}, { lb_subset_config: {} }), 'E3011 0.lb_subset_config'],
  // The rules of these messages are not looked at.
  [balanced(roundRobin, { locality_lb_config: {} }), undefined],
  [balanced('least_request.v3.LeastRequest', { choice_count: 1 }), undefined],
  [balanced('ring_hash.v3.RingHash', { minimum_ring_size: 99_999_999 }), 'E3011 0.load_balancing_policy'],
  [balanced('maglev.v3.Maglev', { table_size: 9_999_999 }), 'E3011 0.load_balancing_policy'],
  [
    balanced('override_host.v3.OverrideHost', { fallback_policy: policy(roundRobin) }),
    'E1004 typed_config.override_host_sources',
  ],
]);

const statsd = (more: Fields): Fields => {
  const config = typed('envoy.config.metrics.v3.StatsdSink', { tcp_cluster_name: 'a' });
  return bootstrap([], [cluster('a')], { stats_sinks: [{ name: 's', typed_config: config }], ...more });
};
const tapped = (more: Fields): Fields => {
  const tap = httpFilter('tap.v3.Tap', { common_config: { admin_config: { config_id: 'x' } } });
  return bootstrap([listener({ http_filters: [tap, router] })], [], more);
};
const admin = { admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } } };

table('who sends statistics or is tapped', [
  [statsd(node), undefined],
  [statsd({ node: { id: 'a' } }), 'E3025 typed_config.tcp_cluster_name'],
  [tapped(admin), undefined],
  [tapped({}), 'E3025 common_config.admin_config'],
]);

const filtered = (name: string, more: Fields = {}, rest: Fields = {}): Fields =>
  bootstrap([listener({ http_filters: [httpFilter(name, more), router] })], [], rest);
const admission = (threshold: Fields): Fields =>
  filtered('admission_control.v3.AdmissionControl', {
    success_criteria: {
      http_criteria: { http_success_status: [{ start: 100, end: 400 }] },
      grpc_criteria: { grpc_success_status: [0] },
    },
    ...threshold,
  });
const jwt = (requires: Fields): Fields =>
  filtered('jwt_authn.v3.JwtAuthentication', {
    providers: { p: { issuer: 'x', local_jwks: { inline_string: '{"keys":[{"kty":"oct","k":"YWJj"}]}' } } },
    rules: [{ match: { prefix: '/' }, requires }],
  });
const injected = (secrets: Fields[]): Fields => {
  const config = typed('envoy.extensions.http.injected_credentials.generic.v3.Generic', {
    credential: { name: 's' },
  });
  const filter = httpFilter('credential_injector.v3.CredentialInjector', {
    credential: { name: 'g', typed_config: config },
  });
  return { static_resources: { listeners: [listener({ http_filters: [filter, router] })], secrets } };
};
const secret = { name: 's', generic_secret: { secret: { inline_string: 'x' } } };

const copied = (more: Fields): Fields => {
  const missing = { metadata_namespace: 'n', key: 'k', ...more };
  return { rules: [{ selectors: [{ key: 'a' }], on_missing: missing }] };
};

table('settings of HTTP filters', [
  [admission({}), undefined],
  [admission({ sr_threshold: { default_value: { value: 1 } } }), undefined],
  [admission({ sr_threshold: { default_value: { value: 0.9 } } }), 'E3029 typed_config.sr_threshold'],
  [admission({ sr_threshold: {} }), 'E3029 typed_config.sr_threshold'],
  [jwt({ provider_name: 'p' }), undefined],
  [jwt({}), undefined],
  [jwt({ provider_name: '' }), 'E3022 requires.provider_name'],
  [jwt({ provider_and_audiences: {} }), 'E3022 requires.provider_and_audiences'],
  [injected([secret]), undefined],
  [injected([]), 'E3019 credential.name'],
  [filtered('json_to_metadata.v3.JsonToMetadata', { request_rules: copied({ value: 'x' }) }), undefined],
  [filtered('json_to_metadata.v3.JsonToMetadata', { request_rules: copied({}) }), 'E3029 0.on_missing'],
  [
    filtered('header_to_metadata.v3.Config', {
      request_rules: [{ header: 'a', on_header_missing: { key: 'k' } }],
    }),
    'E3029 0.on_header_missing',
  ],
  [filtered('header_to_metadata.v3.Config', { request_rules: [{ header: 'a' }] }), 'E3029 request_rules.0'],
  [filtered('ext_proc.v3.ExtProcPerRoute'), 'E3030 0.typed_config'],
  [filtered('basic_auth.v3.BasicAuthPerRoute'), 'E3030 0.typed_config'],
]);

const tunnel = (extensions: Fields[]): Fields =>
  bootstrap([listener({}, { filters: [network('reverse_tunnel.v3.ReverseTunnel')] })], [], {
    bootstrap_extensions: extensions,
  });
const sockets =
  'envoy.extensions.bootstrap.reverse_tunnel.upstream_socket_interface.v3.UpstreamReverseConnectionSocketInterface';
const endpoint = (more: Fields): Fields => {
  const address = { socket_address: { address: '127.0.0.1', port_value: 1 } };
  const hosts = [{ lb_endpoints: [{ endpoint: { address, additional_addresses: [more] } }] }];
  return bootstrap([], [cluster('a', { load_assignment: { cluster_name: 'a', endpoints: hosts } })]);
};
const source = (api_type: string, more: Fields = {}): Fields => ({
  api_config_source: {
    api_type,
    transport_api_version: 'V3',
    grpc_services: [{ envoy_grpc: { cluster_name: 'a' } }],
  },
  ...more,
});
const sourced = (more: Fields, rest: Fields = node): Fields =>
  bootstrap([], [cluster('a')], { ...more, ...rest });

const matched = (match: Fields): Fields =>
  bootstrap([], [cluster('a', { transport_socket_matches: [{ name: 'm', ...match }] })]);
const plain = {
  name: 'p',
  typed_config: typed('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'),
};

table('sockets by the metadata of hosts', [
  [matched({ transport_socket: plain }), undefined],
  [matched({}), 'E3029 transport_socket_matches.0'],
]);

table('tunnels, addresses, sources by authority', [
  [tunnel([{ name: 'u', typed_config: typed(sockets) }]), undefined],
  [tunnel([]), 'E3029 0.typed_config'],
  [endpoint({ address: { socket_address: { address: '::1', port_value: 1 } } }), undefined],
  [endpoint({}), 'E3006 additional_addresses.0'],
  [
    endpoint({ address: { socket_address: { address: 'a.b', port_value: 1 } } }),
    'E3006 socket_address.address',
  ],
  [sourced({ default_config_source: source('AGGREGATED_GRPC') }), undefined],
  [sourced({ default_config_source: source('AGGREGATED_GRPC') }, {}), 'E3017 default_config_source'],
  [sourced({ default_config_source: source('GRPC') }), 'E3017 api_config_source.api_type'],
  [sourced({ default_config_source: { ads: {} } }), 'E3017 default_config_source'],
  [sourced({ config_sources: [source('AGGREGATED_GRPC', { authorities: [{ name: 'x' }] })] }), undefined],
  [sourced({ config_sources: [source('AGGREGATED_GRPC')] }), 'E3017 config_sources.0'],
]);

test('a generic proxy ends its chain, and has commands of its own', () => {
  const proxy = (format: string): Fields => {
    const log = typed('envoy.extensions.access_loggers.file.v3.FileAccessLog', {
      path: '/dev/null',
      log_format: { text_format_source: { inline_string: format } },
    });
    return network('generic_proxy.v3.GenericProxy', {
      stat_prefix: 'g',
      codec_config: {
        name: 'h',
        typed_config: typed(
          'envoy.extensions.filters.network.generic_proxy.codecs.http1.v3.Http1CodecConfig',
        ),
      },
      filters: [
        { name: 'r', typed_config: typed('envoy.extensions.filters.network.generic_proxy.router.v3.Router') },
      ],
      route_config: { name: 'r', routes: {} },
      access_log: [{ name: 'f', typed_config: log }],
    });
  };
  assert.equal(
    codes(bootstrap([listener({}, { filters: [proxy('%METHOD% %HOST% %REQUEST_PROPERTY(a)%')] })])),
    [],
  );
  assert.equal(codes(bootstrap([listener({}, { filters: [proxy('%NOPE%')] })])), [
    'E3028 text_format_source.inline_string',
  ]);
  assert.equal(codes(bootstrap([listener({}, { filters: [proxy('x'), manager()] })])), ['E3004 filters.0']);
});

test.run();
