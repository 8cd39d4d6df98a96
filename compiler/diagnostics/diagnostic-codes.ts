/**
 * The stable codes of diagnostics and their pages (`envoy3 explain`). Codes are never reused.
 */

export interface CodePage {
  /** One line, no full stop. */
  readonly title: string;
  readonly explanation: string;
  readonly example: string;
  readonly fix: string;
}

export const diagnosticCodes: Readonly<Record<string, CodePage>> = {
  E0001: {
    title: 'the file cannot be read',
    explanation: 'The file that was named does not exist or may not be read.',
    example: '  envoy3 build missing.ts',
    fix: '  Check the path; it is relative to the current folder.',
  },
  E1000: {
    title: 'the text is not YAML that Envoy reads',
    explanation:
      "Envoy's loader takes YAML 1.2 with the booleans of YAML 1.1, the last of two equal keys, and only the first document.\nIt refuses merge keys (<<), an empty document, and a document that is not an object.",
    example: '  clusters:\n    <<: *defaults',
    fix: '  Repeat the fields, or write the configuration in TypeScript, where ...defaults does it.',
  },
  E1001: {
    title: 'a value has the wrong form',
    explanation:
      'The value does not fit the type of its field: a number where a text is expected, two members of a oneof, a duration\nwithout its unit, an object where there must be a text.',
    example: '  connect_timeout: 15',
    fix: "  connect_timeout: '15s'",
  },
  E1002: {
    title: 'a field or an enum value does not exist',
    explanation:
      "Envoy refuses fields that its API does not have. Often it is a slip of the fingers, a name of Envoy's v2 API (hosts,\ntls_context, config), or a field that is one level further up or down.",
    example: '  { name: "a", conect_timeout: "1s" }',
    fix: '  { name: "a", connect_timeout: "1s" }',
  },
  E1003: {
    title: "an '@type' that Envoy does not have",
    explanation: "The message that '@type' names is not linked into Envoy 1.40.",
    example: '  "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Ruter"',
    fix: '  "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"',
  },
  E1004: {
    title: 'a validation rule is broken',
    explanation:
      'The field has the right type, but not a value that Envoy allows: empty, out of range, missing.',
    example: '  port_value: 70000',
    fix: '  port_value: 7000',
  },
  E1005: {
    title: 'an extension does not fit its slot',
    explanation:
      "A typed_config is missing, or its '@type' belongs to extensions of another kind. Envoy finds the implementation by\nthe '@type'; the name alone does not do it since Envoy 1.22.",
    example: '  http_filters: [{ name: "envoy.filters.http.router" }]',
    fix: '  http_filters: [{ name: "envoy.filters.http.router",\n    typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" } }]',
  },
  E2001: {
    title: 'the configuration threw an error',
    explanation:
      'The module ended with an exception. The position is that of the innermost frame in your own files.',
    example: '  throw new Error("no services")',
    fix: '  Read the message.',
  },
  E2002: {
    title: 'the configuration did not end',
    explanation:
      'The evaluation of the module has a deadline of ten seconds, and every promise must be resolved.',
    example: '  while (true) {}',
    fix: '  Look for a loop that does not end, or for a promise that nobody resolves.',
  },
  E2003: {
    title: 'the configuration needs too much memory',
    explanation: 'The evaluation of the module has a heap of 512 MiB.',
    example: '  for (;;) list.push({})',
    fix: '  Make less of it at once.',
  },
  E2004: {
    title: 'something outside of the configuration was asked for',
    explanation:
      'The same sources must give the same bytes on every machine and at every time. Therefore the clock, random numbers, the\nnetwork, timers and the environment are not there.',
    example: '  const id = Math.random()',
    fix: "  import { env } from 'envoy3'; const id = env('NODE_ID', 'node-1')",
  },
  E2005: {
    title: 'the default export is no bootstrap',
    explanation:
      'A configuration exports one plain object: the bootstrap. Functions, dates, maps and cycles are not data.',
    example: '  export const config = {}',
    fix: '  export default bootstrap({ ... })',
  },
  E2006: {
    title: 'an import cannot be had',
    explanation:
      "A configuration imports its own modules, 'envoy3', JSON files, and packages in CommonJS. Node's modules are not there.",
    example: "  import { readFileSync } from 'node:fs'",
    fix: "  import { readFile } from 'envoy3'",
  },
  E2007: {
    title: 'a file that the configuration reads is not there',
    explanation: 'readFile() takes paths that are relative to the folder in which envoy3 was started.',
    example: "  readFile('missing.lua')",
    fix: '  Create the file, or correct the path.',
  },
  E3001: {
    title: 'a name is taken',
    explanation:
      'Two clusters, or two static secrets of one kind, have the same name. Envoy refuses the second one.',
    example: "  clusters: [{ name: 'a' }, { name: 'a' }]",
    fix: '  Rename one of them.',
  },
  E3002: {
    title: 'a domain is taken',
    explanation: 'Two virtual hosts of one route configuration have the same domain. Envoy could not choose.',
    example: "  virtual_hosts: [{ domains: ['*'] }, { domains: ['*'] }]",
    fix: '  Keep each domain in one virtual host.',
  },
  E3003: {
    title: 'a cluster does not exist',
    explanation:
      'A route names a cluster that static_resources.clusters does not have. Envoy refuses that for inline routes.',
    example: "  route: { cluster: 'servce' }",
    fix: "  route: { cluster: 'service' }",
  },
  E3004: {
    title: 'a filter that ends the chain is not the last one',
    explanation: 'Filters after the router (or after the connection manager) would never run.',
    example: '  http_filters: [router, cors]',
    fix: '  http_filters: [cors, router]',
  },
  E3005: {
    title: 'the chain of filters has no end',
    explanation:
      'The last filter must be one that ends the chain: the router for HTTP, a proxy for network filters.',
    example: '  http_filters: [cors]',
    fix: '  http_filters: [cors, router]',
  },
  E3006: {
    title: 'an IP address is expected',
    explanation:
      'Listeners, the admin interface and STATIC clusters take literal addresses; Envoy resolves no name for them.',
    example: "  address: { socket_address: { address: 'localhost', port_value: 80 } }",
    fix: "  address: { socket_address: { address: '127.0.0.1', port_value: 80 } }, or type: 'STRICT_DNS' for a cluster",
  },
  E3007: {
    title: 'two listeners have the same address',
    explanation: 'Envoy refuses a listener whose address another one has.',
    example: '  two listeners on 0.0.0.0:80',
    fix: '  Give one another port, or make both filter chains of one listener.',
  },
  E3008: {
    title: 'a listener is not complete',
    explanation: 'A listener needs an address and at least one filter chain.',
    example: "  listeners: [{ name: 'a' }]",
    fix: '  Add address and filter_chains.',
  },
  E3009: {
    title: 'two filter chains match alike',
    explanation: 'Envoy chooses a chain by filter_chain_match; two equal ones leave no choice.',
    example: '  filter_chains: [{ filters }, { filters }]',
    fix: '  Tell them apart by server_names, ports or addresses.',
  },
  E3010: {
    title: 'a LOGICAL_DNS cluster has one endpoint',
    explanation: 'Such a cluster connects to whatever one name resolves to.',
    example: '  two lb_endpoints in a LOGICAL_DNS cluster',
    fix: "  type: 'STRICT_DNS'",
  },
  E3011: {
    title: 'the load-balancing policy does not fit the cluster',
    explanation: 'Some cluster types bring a policy of their own, some policies need a field of their own.',
    example: "  { type: 'ORIGINAL_DST', lb_policy: 'ROUND_ROBIN' }",
    fix: "  { type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED' }",
  },
  E3012: {
    title: 'a regular expression is not one of RE2',
    explanation: 'Envoy matches in linear time with RE2, which has no look-around and no back references.',
    example: "  safe_regex: { regex: '/a(?!b)' }",
    fix: '  Say it with two routes, the more specific one first.',
  },
  E3013: {
    title: 'a secret has no content',
    explanation:
      'A static secret is one of tls_certificate, session_ticket_keys, validation_context, generic_secret.',
    example: "  secrets: [{ name: 'a' }]",
    fix: "  secrets: [{ name: 'a', tls_certificate: { ... } }]",
  },
  E3014: {
    title: 'a route or a virtual host that Envoy refuses',
    explanation:
      'Weights that sum up to 0, two rewrites of one path, a mirror without a cluster, a direct response that is longer than\nthe route configuration allows, a back-off that shrinks.',
    example: "  weighted_clusters: { clusters: [{ name: 'a', weight: 0 }] }",
    fix: "  weighted_clusters: { clusters: [{ name: 'a', weight: 100 }] }",
  },
  E3015: {
    title: 'a header that may not be added or removed',
    explanation: "Names with a colon in front, and 'host', are what routing itself stands on.",
    example: "  request_headers_to_add: [{ header: { key: 'host', value: 'internal' } }]",
    fix: "  route: { cluster: 'a', host_rewrite_literal: 'internal' }",
  },
  E3016: {
    title: 'a duration that Envoy cannot count',
    explanation: 'Envoy refuses negative durations, and those of 292 years and more, in every field.',
    example: "  timeout: '-1s'",
    fix: "  timeout: '0s', where that means no limit",
  },
  E3017: {
    title: 'a source of dynamic configuration cannot work',
    explanation:
      'A management server is reached over a gRPC service (or over HTTP, api_type: REST) whose cluster stands in\nstatic_resources, and is told the id and the cluster of the node. `envoy3 check` takes --service-node and\n--service-cluster, as Envoy does.',
    example: "  cds_config: { api_config_source: { api_type: 'GRPC', cluster_names: ['xds'] } }",
    fix: "  cds_config: { api_config_source: { api_type: 'GRPC',\n    grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }] } }",
  },
  E3018: {
    title: 'the endpoints do not fit the type of the cluster',
    explanation:
      'EDS needs eds_cluster_config and nothing else has it; ORIGINAL_DST has no endpoints; the DNS types take no\nresolver_name.',
    example: "  { name: 'a', type: 'EDS' }",
    fix: "  { name: 'a', type: 'EDS', eds_cluster_config: { eds_config: { ads: {} } } }",
  },
  E3019: {
    title: 'a TLS context that cannot work',
    explanation:
      'A server without a certificate, a certificate without its key or with another one, text that is no PEM, a static\nsecret that is not there, names that are checked without an authority.',
    example: "  DownstreamTlsContext with common_tls_context: { alpn_protocols: ['h2'] }",
    fix: '  Add tls_certificates, or tls_certificate_sds_secret_configs.',
  },
  E3020: {
    title: 'settings of the HTTP connection manager exclude each other',
    explanation:
      'Ports are stripped in one way, the address of the client is found in one way, an upgrade stands once, HTTP/3 and QUIC\nlisteners belong together, inline scopes bring their routes with them.',
    example: '  strip_matching_host_port: true, strip_any_host_port: true',
    fix: '  Keep one of them.',
  },
  E3021: {
    title: 'the overload manager is not consistent',
    explanation:
      'A trigger names a resource monitor that exists, once; a scaled trigger starts below its saturation.',
    example: "  triggers: [{ name: 'envoy.resource_monitors.fixed_heap', ... }] without that monitor",
    fix: '  Add it to resource_monitors.',
  },
  E3022: {
    title: 'JWT requirements and providers do not match',
    explanation: 'A rule names a requirement of requirement_map, a requirement a provider of providers.',
    example: "  rules: [{ match: { prefix: '/' }, requirement_name: 'x' }]",
    fix: "  requirement_map: { x: { provider_name: 'issuer' } }",
  },
  E3023: {
    title: 'protocol options that Envoy cannot use',
    explanation:
      'The key of typed_extension_protocol_options says what they are: for HTTP it is the name of the message itself. HTTP/3\nneeds a QUIC transport socket, auto_config one with ALPN.',
    example: "  typed_extension_protocol_options: { http: { '@type': ... } }",
    fix: "  typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': { ... } }",
  },
  E3024: {
    title: 'a filter has no settings for one route',
    explanation:
      'typed_per_filter_config takes messages of filters that have settings per route, or a FilterConfig with such a message\nin it.',
    example:
      "  typed_per_filter_config: { router: { '@type': '.../envoy.extensions.filters.http.router.v3.Router' } }",
    fix: '  Set it in http_filters.',
  },
  E3025: {
    title: 'settings of the process do not go together',
    explanation:
      'stats_eviction_interval is a multiple of stats_flush_interval; layers of the runtime have names of their own, at most\none of them is the admin layer, and entries are texts, numbers, booleans or objects.',
    example: "  stats_flush_interval: '5s', stats_eviction_interval: '7s'",
    fix: "  stats_eviction_interval: '10s'",
  },
  E3026: {
    title: 'a filter whose configuration comes later (ECDS) cannot start',
    explanation: 'type_urls names types of filters of that kind, and default_config is of one of them.',
    example: '  config_discovery: { apply_default_config_without_warming: true, ... } without default_config',
    fix: '  Set default_config.',
  },
  E3027: {
    title: 'a field or a value that Envoy no longer takes',
    explanation:
      'Envoy still parses it and refuses to run with it. It may be the default of an enum that nobody set.',
    example: '  ZipkinConfig without collector_endpoint_version',
    fix: '  collector_endpoint_version: HTTP_JSON',
  },
  E3028: {
    title: 'a format string is not one',
    explanation:
      'Access logs, added headers and local replies take %COMMAND%, %COMMAND(argument)% and %COMMAND(argument):length%. A\npercent sign is written %%.',
    example: "  { key: 'x-client', value: '%DOWNSTREAM_REMOTE_ADRESS%' }",
    fix: "  { key: 'x-client', value: '%DOWNSTREAM_REMOTE_ADDRESS%' }",
  },
  'lint-options': {
    title: 'a lint rule is switched off in a way that does not work',
    explanation:
      'A rule is switched off by its name and with a reason for whoever reads the configuration next.',
    example: "  disabledRules: [{ rule: 'no-public-admin', reason: '' }]",
    fix: "  disabledRules: [{ rule: 'no-public-admin', reason: 'the network of the container is closed' }]",
  },
  'no-public-admin': {
    title: 'the admin interface is open to others',
    explanation:
      'It has no authentication: whoever reaches it reads the configuration, changes log levels and stops the proxy.',
    example: "  admin: { address: { socket_address: { address: '0.0.0.0', port_value: 9901 } } }",
    fix: '  bind it to 127.0.0.1',
  },
  'no-unreachable-route': {
    title: 'a route can never match',
    explanation: 'Envoy takes the first route that matches. An earlier route takes every path of this one.',
    example: "  routes: [{ match: { prefix: '/' } }, { match: { prefix: '/api' } }]",
    fix: '  Put the specific route first.',
  },
  'expired-certificate': {
    title: 'a certificate has expired',
    explanation: 'Envoy serves it without a word, and every client refuses the connection.',
    example: "  { certificate_chain: { filename: 'server.pem' }, private_key: { filename: 'server.key' } }",
    fix: '  Renew it, and see why whatever renews it did not.',
  },
  'require-dns-lookup-family': {
    title: 'a DNS cluster does not say which IP family it wants',
    explanation:
      'Without dns_lookup_family Envoy asks for IPv6 first, and takes IPv4 only when there is none.',
    example: "  { name: 'a', type: 'STRICT_DNS' }",
    fix: "  { name: 'a', type: 'STRICT_DNS', dns_lookup_family: 'V4_ONLY' }",
  },
};
