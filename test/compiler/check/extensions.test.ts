/** Checks of single extensions and of the settings of the process. */
import { test } from 'uvu';
import type { Fields } from './bootstraps.js';
import {
  accepted,
  bootstrap,
  cluster,
  endpoints,
  httpFilter,
  listener,
  lua,
  refused,
  routed,
  router,
  url,
} from './bootstraps.js';
const node = { node: { id: 'a', cluster: 'b' } };

test('durations: none below zero, none of 292 years', () => {
  const timeout = (text: string) =>
    bootstrap([routed({ route: { cluster: 'a', timeout: text } })], [cluster('a')]);
  for (const good of ['0s', '9223372035.999999999s']) accepted(timeout(good));
  for (const bad of ['-1s', '-0.000000001s', '9223372036s']) refused(timeout(bad), 'E3016', 'route.timeout');
  const watchdogs = { main_thread_watchdog: { miss_timeout: '-1s' } };
  refused(bootstrap([], [], { watchdogs }), 'E3016', 'miss_timeout');
});

test('reserved headers', () => {
  const adding = (key: string) =>
    bootstrap([routed({ redirect: {}, request_headers_to_add: [{ header: { key, value: 'x' } }] })]);
  accepted(adding('x-host'));
  refused(adding('Host'), 'E3015', 'header.key');
  refused(adding(':path'), 'E3015', 'header.key');
  refused(
    bootstrap([routed({ redirect: {} }, { response_headers_to_remove: ['a', ':status'] })]),
    'E3015',
    'remove.1',
  );
});

test('settings of the connection manager that exclude each other', () => {
  refused(
    bootstrap([listener({ strip_matching_host_port: true, strip_any_host_port: true })]),
    'E3020',
    'strip_any_host_port',
  );
  const twice = [{ upgrade_type: 'websocket' }, { upgrade_type: 'WEBSOCKET' }];
  refused(bootstrap([listener({ upgrade_configs: twice })]), 'E3020', 'upgrade_type');
  refused(bootstrap([listener({ codec_type: 'HTTP3' })]), 'E3020', 'codec_type');
  const scoped = (one: Fields) => ({
    name: 's',
    scope_key_builder: { fragments: [{ header_value_extractor: { name: 'x', index: 0 } }] },
    scoped_route_configurations_list: {
      scoped_route_configurations: [{ name: 'a', key: { fragments: [{ string_key: 'k' }] }, ...one }],
    },
  });
  refused(bootstrap([listener({ scoped_routes: scoped({}) })]), 'E3020', 'scoped_route_configurations.0');
  const named = scoped({ route_configuration_name: 'r' });
  refused(bootstrap([listener({ scoped_routes: named })]), 'E3020', 'route_configuration_name');
  accepted(bootstrap([listener({ scoped_routes: scoped({ route_configuration: { name: 'r' } }) })]));
});

test('clusters of extensions', () => {
  const zipkin = (collector_cluster: string) => {
    const typed_config = {
      '@type': url('envoy.config.trace.v3.ZipkinConfig'),
      collector_cluster,
      collector_endpoint: '/spans',
      collector_endpoint_version: 'HTTP_JSON',
    };
    return bootstrap([listener({ tracing: { provider: { name: 'z', typed_config } } })], [cluster('a')]);
  };
  accepted(zipkin('a'));
  refused(zipkin('b'), 'E3003', 'collector_cluster');
  refused(bootstrap([], [], { cluster_manager: { local_cluster_name: 'b' } }), 'E3003', 'local_cluster_name');
});

test('values that Envoy no longer takes', () => {
  const typed_config = {
    '@type': url('envoy.config.trace.v3.ZipkinConfig'),
    collector_cluster: 'a',
    collector_endpoint: '/spans',
  };
  const tracing = { provider: { name: 'z', typed_config } };
  refused(bootstrap([listener({ tracing })], [cluster('a')]), 'E3027', 'typed_config');
  const metadata = { metadata_key: { key: 'a', path: [{ key: 'b' }] }, descriptor_key: 'x' };
  const rate_limits = [{ actions: [{ dynamic_metadata: metadata }] }];
  refused(bootstrap([routed({ redirect: {} }, { rate_limits })]), 'E3027', 'dynamic_metadata');
});

test('JWT', () => {
  const jwt = (config: Fields) =>
    bootstrap([listener({ http_filters: [httpFilter('jwt_authn.v3.JwtAuthentication', config), router] })]);
  const providers = {
    issuer: { local_jwks: { inline_string: '{"keys":[{"kty":"oct","k":"YQ","alg":"HS256"}]}' } },
  };
  const rules = (requires: Fields) => [{ match: { prefix: '/' }, requires }];
  accepted(jwt({ providers, rules: rules({ provider_name: 'issuer' }) }));
  refused(jwt({ providers, rules: rules({ provider_name: 'other' }) }), 'E3022', 'provider_name');
  const byName = [{ match: { prefix: '/' }, requirement_name: 'x' }];
  refused(jwt({ providers, rules: byName }), 'E3022', 'requirement_name');
  accepted(jwt({ providers, rules: byName, requirement_map: { x: { provider_name: 'issuer' } } }));
  const both = { ...providers.issuer, claim_to_headers: [{ header_name: 'x' }] };
  refused(jwt({ providers: { issuer: both } }), 'E3022', 'claim_to_headers.0');
});

test('the overload manager', () => {
  const heap = {
    name: 'heap',
    typed_config: {
      '@type': url('envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig'),
      max_heap_size_bytes: 1,
    },
  };
  const overload = (resource_monitors: Fields[], trigger: Fields) => {
    const actions = [
      { name: 'envoy.overload_actions.shrink_heap', triggers: [{ name: 'heap', ...trigger }] },
    ];
    return bootstrap([], [], { overload_manager: { resource_monitors, actions } });
  };
  accepted(overload([heap], { threshold: { value: 0.9 } }));
  const other = { ...heap, name: 'other' };
  refused(overload([other], { threshold: { value: 0.9 } }), 'E3021', 'triggers.0.name');
  refused(overload([heap, heap], { threshold: { value: 0.9 } }), 'E3021', 'name');
  refused(
    overload([heap], { scaled: { scaling_threshold: 0.9, saturation_threshold: 0.5 } }),
    'E3021',
    'scaled',
  );
});

test('protocol options', () => {
  const http = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const options = (key: string, config: Fields, more: Fields = {}) =>
    bootstrap([], [cluster('a', { typed_extension_protocol_options: { [key]: config }, ...more })]);
  const http2 = { '@type': url(http), explicit_http_config: { http2_protocol_options: {} } };
  accepted(options(http, http2));
  refused(options('http', http2), 'E3023', 'http');
  refused(
    options(http, { '@type': url('envoy.extensions.upstreams.tcp.v3.TcpProtocolOptions') }),
    'E3023',
    http,
  );
  refused(options(http, { '@type': url(http), auto_config: {} }), 'E3023', 'auto_config');
  const tls = { '@type': url('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext') };
  const transport_socket = { name: 't', typed_config: tls };
  accepted(options(http, { '@type': url(http), auto_config: {} }, { transport_socket }));
  const http3 = { '@type': url(http), explicit_http_config: { http3_protocol_options: {} } };
  refused(options(http, http3), 'E3023', 'http3_protocol_options');
});

test('settings of filters for one route', () => {
  const perRoute = (config: Fields) =>
    bootstrap([routed({ redirect: {}, typed_per_filter_config: { x: config } })]);
  accepted(perRoute({ '@type': url('envoy.extensions.filters.http.lua.v3.LuaPerRoute'), disabled: true }));
  refused(perRoute(router.typed_config), 'E3024', 'x');
  const wrapper = { '@type': url('envoy.config.route.v3.FilterConfig') };
  refused(perRoute(wrapper), 'E3024', 'x');
  accepted(perRoute({ ...wrapper, disabled: true }));
  refused(perRoute({ ...wrapper, config: router.typed_config }), 'E3024', 'config');
});

test('settings of the process', () => {
  const process = (more: Fields) => bootstrap([], [], more);
  accepted(process({ stats_eviction_interval: '10s' }));
  refused(process({ stats_eviction_interval: '7s' }), 'E3025', 'stats_eviction_interval');
  const layers = (...list: Fields[]) => process({ layered_runtime: { layers: list } });
  accepted(layers({ name: 'a', static_layer: { x: { y: 1 }, z: 'text' } }, { name: 'b', admin_layer: {} }));
  refused(layers({ name: 'a', static_layer: { x: [1] } }), 'E3025', 'static_layer.x');
  refused(layers({ name: 'a', static_layer: {} }, { name: 'a', static_layer: {} }), 'E3025', 'name');
  refused(layers({ name: 'a', admin_layer: {} }, { name: 'b', admin_layer: {} }), 'E3025', 'admin_layer');
});

test('filters that are discovered', () => {
  const config_source = { path_config_source: { path: '/ecds.yaml' } };
  const type = 'envoy.extensions.filters.http.lua.v3.Lua';
  const ecds = (more: Fields) => {
    const config_discovery = { config_source, type_urls: [type], ...more };
    return bootstrap([listener({ http_filters: [{ name: 'x', config_discovery }, router] })], [], node);
  };
  accepted(ecds({}));
  accepted(ecds({ default_config: lua.typed_config, apply_default_config_without_warming: true }));
  refused(ecds({ type_urls: ['nope'] }), 'E3026', 'type_urls.0');
  refused(
    ecds({ apply_default_config_without_warming: true }),
    'E3026',
    'apply_default_config_without_warming',
  );
  refused(
    ecds({ type_urls: ['envoy.extensions.filters.http.cors.v3.Cors'], default_config: lua.typed_config }),
    'E3026',
    'default_config',
  );
  const early = {
    config_source,
    type_urls: ['envoy.extensions.filters.http.router.v3.Router'],
    default_config: router.typed_config,
  };
  refused(
    bootstrap([listener({ http_filters: [{ name: 'x', config_discovery: early }, router] })], [], node),
    'E3004',
    'http_filters.0',
  );
});

test('clusters and their policies', () => {
  const dns = { '@type': url('envoy.extensions.clusters.dns.v3.DnsCluster') };
  const aggregate = { '@type': url('envoy.extensions.clusters.aggregate.v3.ClusterConfig'), clusters: ['b'] };
  const custom = (typed_config: Fields, lb_policy?: string) =>
    bootstrap(
      [],
      [{ name: 'a', cluster_type: { name: 'x', typed_config }, ...(lb_policy ? { lb_policy } : {}) }],
    );
  accepted(custom(dns));
  refused(custom(dns, 'CLUSTER_PROVIDED'), 'E3011', 'lb_policy');
  accepted(custom(aggregate, 'CLUSTER_PROVIDED'));
  refused(custom(aggregate), 'E3011', 'type');
  const policy = (name: string, more: Fields = {}) => {
    const typed_config = { '@type': url(`envoy.extensions.load_balancing_policies.${name}`), ...more };
    const policies = [{ typed_extension_config: { name: 'x', typed_config } }];
    return bootstrap([], [cluster('a', { load_balancing_policy: { policies } })]);
  };
  accepted(policy('round_robin.v3.RoundRobin'));
  refused(policy('cluster_provided.v3.ClusterProvided'), 'E3011', 'load_balancing_policy');
  refused(policy('maglev.v3.Maglev', { table_size: 4 }), 'E3011', 'load_balancing_policy');
  refused(bootstrap([], [cluster('a', { load_balancing_policy: {} })]), 'E3011', 'load_balancing_policy');
  refused(bootstrap([], [cluster('a', { type: 'EDS' })], node), 'E3018', 'type');
  const eds = { eds_cluster_config: { eds_config: { ads: {} } } };
  refused(bootstrap([], [cluster('a', eds)], node), 'E3018', 'eds_cluster_config');
});

test('addresses of endpoints and of name servers', () => {
  const nothing = { cluster_name: 'a', endpoints: [{ lb_endpoints: [{}] }] };
  refused(bootstrap([], [cluster('a', { load_assignment: nothing })]), 'E3006', 'endpoint');
  accepted(bootstrap([], [cluster('a', { type: 'STRICT_DNS', load_assignment: nothing })]));
  const dns_resolvers = [{ socket_address: { address: 'localhost', port_value: 53 } }];
  const asking = { type: 'STRICT_DNS', load_assignment: endpoints('a.example'), dns_resolvers };
  refused(bootstrap([], [cluster('a', asking)]), 'E3006', 'address');
  accepted(
    bootstrap([], [cluster('a', { ...asking, type: 'STATIC', load_assignment: endpoints('10.0.0.1') })]),
  );
});

test('several health checks have names', () => {
  const check = {
    timeout: '1s',
    interval: '1s',
    unhealthy_threshold: 1,
    healthy_threshold: 1,
    tcp_health_check: {},
  };
  accepted(bootstrap([], [cluster('a', { health_checks: [check] })]));
  refused(
    bootstrap([], [cluster('a', { health_checks: [{ ...check, name: 'x' }, check] })]),
    'E3018',
    'health_checks.1',
  );
});

test('listeners with parts that do not fit', () => {
  const udp = { address: { socket_address: { protocol: 'UDP', address: '0.0.0.0', port_value: 80 } } };
  const inspector = {
    name: 'x',
    typed_config: { '@type': url('envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector') },
  };
  accepted(bootstrap([listener({}, {}, { listener_filters: [inspector] })]));
  refused(bootstrap([{ name: 'u', ...udp, listener_filters: [inspector] }]), 'E3008', 'typed_config');
  const internal = { address: { envoy_internal_address: { server_listener_name: 'x' } } };
  refused(bootstrap([listener({}, {}, internal)]), 'E3008', 'address');
  refused(bootstrap([listener({}, { filter_chain_match: { suffix_len: 1 } })]), 'E3009', 'suffix_len');
});

test('an envelope is judged by what is in it', () => {
  const wrapped = (name: string, value: Fields) => ({
    name: 'x',
    typed_config: {
      '@type': url('xds.type.v3.TypedStruct'),
      type_url: url(`envoy.extensions.filters.http.${name}`),
      value,
    },
  });
  accepted(bootstrap([listener({ http_filters: [wrapped('lua.v3.Lua', {}), router] })]));
  refused(
    bootstrap([listener({ http_filters: [wrapped('router.v3.Router', {}), router] })]),
    'E3004',
    'http_filters.0',
  );
  refused(bootstrap([listener({ http_filters: [wrapped('lua.v3.Lua', {})] })]), 'E3005', 'http_filters.0');
});

test.run();
