/**
 * The stable codes of diagnostics and their pages (`envoy3 explain`). Codes are never reused.
 */

export interface CodePage {
  /** One line, no full stop. */
  readonly title: string;
  readonly explanation: string;
  /** A sketch, for codes that have no examples that run (`code-examples.ts`). */
  readonly example?: string;
  /** What to do, in a sentence or a line. */
  readonly fix: string;
}

export const diagnosticCodes: Readonly<Record<string, CodePage>> = {
  E0001: {
    title: 'the file cannot be read',
    explanation: 'The file that was named does not exist or may not be read.',
    fix: '  Check the path; it is relative to the current folder.',
  },
  E0002: {
    title: 'the file is too large',
    explanation:
      'Files of more than 64 MiB are not read: no configuration is that large, and reading it would take minutes.',
    fix: '  Name the configuration, or split it.',
  },
  E1000: {
    title: 'the text is not YAML that Envoy reads',
    explanation:
      "Envoy's loader takes YAML 1.2 with the booleans of YAML 1.1, the last of two equal keys, and only the first document.\nIt refuses merge keys (<<), an empty document, and a document that is not an object.",
    fix: '  Repeat the fields, or write the configuration in TypeScript, where ...defaults does it.',
  },
  E1001: {
    title: 'a value has the wrong form',
    explanation:
      'The value does not fit the type of its field: a number where a text is expected, two members of a oneof, a duration\nwithout its unit, an object where there must be a text.',
    fix: "  connect_timeout: '15s'",
  },
  E1002: {
    title: 'a field or an enum value does not exist',
    explanation:
      "Envoy refuses fields that its API does not have. Often it is a slip of the fingers, a name of Envoy's v2 API (hosts,\ntls_context, config), or a field that is one level further up or down.",
    fix: '  { name: "a", connect_timeout: "1s" }',
  },
  E1003: {
    title: "an '@type' that Envoy does not have",
    explanation: "The message that '@type' names is not linked into Envoy 1.40.",
    fix: '  "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"',
  },
  E1004: {
    title: 'a validation rule is broken',
    explanation:
      'The field has the right type, but not a value that Envoy allows: empty, out of range, missing.',
    fix: '  port_value: 7000',
  },
  E1005: {
    title: 'an extension does not fit its slot',
    explanation:
      "A typed_config is missing, or its '@type' belongs to extensions of another kind. Envoy finds the implementation by\nthe '@type'; the name alone does not do it since Envoy 1.22.",
    fix: '  http_filters: [{ name: "envoy.filters.http.router",\n    typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" } }]',
  },
  E1006: {
    title: 'a text that Envoy reads otherwise than people do',
    explanation:
      'Of two equal keys Envoy takes the last, of several documents the first, and octets that are no UTF-8 as they are. It\naccepts all of that without a word, so it is a warning.',
    fix: '  connect_timeout: 5s',
  },
  E1007: {
    title: 'the Envoy that is aimed at does not have it',
    explanation:
      'With --target envoy-1.36 to envoy-1.40 the verdict is that of an older Envoy. A field, an enum value, a message or an\nextension came with a later release, or is gone in the one that is aimed at.',
    fix: '  Leave it out, or aim at a release that has it.',
  },
  E2001: {
    title: 'the configuration threw an error',
    explanation:
      'The module ended with an exception. The position is that of the innermost frame in your own files.',
    fix: '  Read the message.',
  },
  E2002: {
    title: 'the configuration did not end',
    explanation:
      'The evaluation of the module has a deadline of ten seconds, and every promise must be resolved.',
    fix: '  Look for a loop that does not end, or for a promise that nobody resolves.',
  },
  E2003: {
    title: 'the configuration needs too much memory',
    explanation: 'The evaluation of the module has a heap of 512 MiB.',
    fix: '  Make less of it at once.',
  },
  E2004: {
    title: 'something outside of the configuration was asked for',
    explanation:
      'The same sources must give the same bytes on every machine and at every time. Therefore the clock, random numbers, the\nnetwork, timers and the environment are not there.',
    fix: "  import { env } from 'envoy3'; const id = env('NODE_ID', 'node-1')",
  },
  E2005: {
    title: 'the default export is no bootstrap',
    explanation:
      'A configuration exports one plain object: the bootstrap. Functions, dates, maps and cycles are not data.',
    fix: '  export default bootstrap({ ... })',
  },
  E2006: {
    title: 'an import cannot be had',
    explanation:
      "A configuration imports its own modules, 'envoy3', JSON files, and packages in CommonJS. Node's modules are not there.",
    fix: "  import { readFile } from 'envoy3'",
  },
  E2007: {
    title: 'a file that the configuration reads is not there',
    explanation: 'readFile() takes paths that are relative to the folder in which envoy3 was started.',
    fix: '  Create the file, or correct the path.',
  },
  E2008: {
    title: "the settings, or a lint rule of one's own, failed",
    explanation:
      'envoy3.settings.ts is a module like a configuration, with settings as its default export. A rule yields findings with\na path and a message; what it throws is told with its name.',
    fix: "  *check(view) { yield { path: view.root.path, message: 'not yet' }; }",
  },
  E3001: {
    title: 'a name is taken',
    explanation:
      'Two clusters, or two static secrets of one kind, have the same name. Envoy refuses the second one.',
    fix: '  Rename one of them.',
  },
  E3002: {
    title: 'a domain is taken',
    explanation: 'Two virtual hosts of one route configuration have the same domain. Envoy could not choose.',
    fix: '  Keep each domain in one virtual host.',
  },
  E3003: {
    title: 'a cluster does not exist',
    explanation:
      'A route names a cluster that static_resources.clusters does not have. Envoy refuses that for inline routes.',
    fix: "  route: { cluster: 'service' }",
  },
  E3004: {
    title: 'a filter that ends the chain is not the last one',
    explanation: 'Filters after the router (or after the connection manager) would never run.',
    fix: '  http_filters: [cors, router]',
  },
  E3005: {
    title: 'the chain of filters has no end',
    explanation:
      'The last filter must be one that ends the chain: the router for HTTP, a proxy for network filters.',
    fix: '  http_filters: [cors, router]',
  },
  E3006: {
    title: 'an IP address is expected',
    explanation:
      'Listeners, the admin interface and STATIC clusters take literal addresses; Envoy resolves no name for them.',
    fix: "  address: { socket_address: { address: '127.0.0.1', port_value: 80 } }, or type: 'STRICT_DNS' for a cluster",
  },
  E3007: {
    title: 'two listeners have the same address',
    explanation: 'Envoy refuses a listener whose address another one has.',
    fix: '  Give one another port, or make both filter chains of one listener.',
  },
  E3008: {
    title: 'a listener is not complete',
    explanation: 'A listener needs an address and at least one filter chain.',
    fix: '  Add address and filter_chains.',
  },
  E3009: {
    title: 'two filter chains match alike',
    explanation: 'Envoy chooses a chain by filter_chain_match; two equal ones leave no choice.',
    fix: '  Tell them apart by server_names, ports or addresses.',
  },
  E3010: {
    title: 'a LOGICAL_DNS cluster has one endpoint',
    explanation: 'Such a cluster connects to whatever one name resolves to.',
    fix: "  type: 'STRICT_DNS'",
  },
  E3011: {
    title: 'the load-balancing policy does not fit the cluster',
    explanation: 'Some cluster types bring a policy of their own, some policies need a field of their own.',
    fix: "  { type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED' }",
  },
  E3012: {
    title: 'a regular expression is not one of RE2',
    explanation: 'Envoy matches in linear time with RE2, which has no look-around and no back references.',
    fix: '  Say it with two routes, the more specific one first.',
  },
  E3013: {
    title: 'a secret has no content',
    explanation:
      'A static secret is one of tls_certificate, session_ticket_keys, validation_context, generic_secret.',
    fix: "  secrets: [{ name: 'a', tls_certificate: { ... } }]",
  },
  E3014: {
    title: 'a route or a virtual host that Envoy refuses',
    explanation:
      'Weights that sum up to 0, two rewrites of one path, a mirror without a cluster, a direct response that is longer than\nthe route configuration allows, a back-off that shrinks.',
    fix: "  weighted_clusters: { clusters: [{ name: 'a', weight: 100 }] }",
  },
  E3015: {
    title: 'a header that may not be added or removed',
    explanation:
      "Names with a colon in front, and 'host', are what routing itself stands on. A header is added by append_action, or by the old append, not by both.",
    fix: "  route: { cluster: 'a', host_rewrite_literal: 'internal' }",
  },
  E3016: {
    title: 'a duration that Envoy cannot count',
    explanation: 'Envoy refuses negative durations, and those of 292 years and more, in every field.',
    fix: "  timeout: '0s', where that means no limit",
  },
  E3017: {
    title: 'a source of dynamic configuration cannot work',
    explanation:
      'A management server is reached over a gRPC service (or over HTTP, api_type: REST) whose cluster stands in\nstatic_resources, and is told the id and the cluster of the node. `envoy3 check` takes --service-node and\n--service-cluster, as Envoy does.',
    fix: "  cds_config: { api_config_source: { api_type: 'GRPC',\n    grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }] } }",
  },
  E3018: {
    title: 'the endpoints do not fit the type of the cluster',
    explanation:
      'EDS needs eds_cluster_config and nothing else has it; ORIGINAL_DST has no endpoints; the DNS types take no\nresolver_name.',
    fix: "  { name: 'a', type: 'EDS', eds_cluster_config: { eds_config: { ads: {} } } }",
  },
  E3019: {
    title: 'a TLS context that cannot work',
    explanation:
      'A server without a certificate, a certificate without its key or with another one, text that is no PEM, a static\nsecret that is not there, names that are checked without an authority.',
    fix: '  Add tls_certificates, or tls_certificate_sds_secret_configs.',
  },
  E3020: {
    title: 'settings of the HTTP connection manager exclude each other',
    explanation:
      'Ports are stripped in one way, the address of the client is found in one way, an upgrade stands once, HTTP/3 and QUIC\nlisteners belong together, inline scopes bring their routes with them.',
    fix: '  Keep one of them.',
  },
  E3021: {
    title: 'the overload manager is not consistent',
    explanation:
      'A trigger names a resource monitor that exists, once; a scaled trigger starts below its saturation.',
    fix: '  Add it to resource_monitors.',
  },
  E3022: {
    title: 'JWT requirements and providers do not match',
    explanation: 'A rule names a requirement of requirement_map, a requirement a provider of providers.',
    fix: "  requirement_map: { x: { provider_name: 'issuer' } }",
  },
  E3023: {
    title: 'protocol options that Envoy cannot use',
    explanation:
      'The key of typed_extension_protocol_options says what they are: for HTTP it is the name of the message itself. HTTP/3\nneeds a QUIC transport socket, auto_config one with ALPN.',
    fix: "  typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': { ... } }",
  },
  E3024: {
    title: 'a filter has no settings for one route',
    explanation:
      'typed_per_filter_config takes messages of filters that have settings per route, or a FilterConfig with such a message\nin it.',
    fix: '  Set it in http_filters.',
  },
  E3025: {
    title: 'settings of the process do not go together',
    explanation:
      'stats_eviction_interval is a multiple of stats_flush_interval; layers of the runtime have names of their own, at most\none of them is the admin layer, and entries are texts, numbers, booleans or objects.',
    fix: "  stats_eviction_interval: '10s'",
  },
  E3026: {
    title: 'a filter whose configuration comes later (ECDS) cannot start',
    explanation: 'type_urls names types of filters of that kind, and default_config is of one of them.',
    fix: '  Set default_config.',
  },
  E3027: {
    title: 'a field or a value that Envoy no longer takes',
    explanation:
      'Envoy still parses it and refuses to run with it. It may be the default of an enum that nobody set.',
    fix: '  collector_endpoint_version: HTTP_JSON',
  },
  E3028: {
    title: 'a format string is not one',
    explanation:
      'Access logs, added headers and local replies take %COMMAND%, %COMMAND(argument)% and %COMMAND(argument):length%. A\npercent sign is written %%.',
    fix: "  { key: 'x-client', value: '%DOWNSTREAM_REMOTE_ADDRESS%' }",
  },
  E3035: {
    title: 'a health check or an outlier detection that Envoy refuses',
    explanation:
      'Payloads are hexadecimal or base64, statuses are half-open ranges of 100 to 600, a request by GET has no body, gRPC\nneeds a cluster of HTTP/2, checks go to IP addresses, an ejection lasts at least its base time.',
    example: "  http_health_check: { path: '/', expected_statuses: [{ start: 200, end: 200 }] }",
    fix: "  http_health_check: { path: '/', expected_statuses: [{ start: 200, end: 201 }] }",
  },
  E3029: {
    title: 'settings that an extension refuses',
    explanation:
      'Rules that an extension has in its code: one of two services, a descriptor set, a region without wildcards, a range\nwhose end lies behind its start.',
    fix: '  Set one of them.',
  },
  E3030: {
    title: 'the message of a filter stands in the wrong place',
    explanation:
      'Many HTTP filters have one message for everybody (http_filters) and another one for single routes\n(typed_per_filter_config): Cors and CorsPolicy, Buffer and BufferPerRoute.',
    fix: '  Put Cors into http_filters, and CorsPolicy under the name of the filter into typed_per_filter_config.',
  },
  E3031: {
    title: 'a program in Lua is none',
    explanation:
      'Envoy loads programs when it builds the filter, and refuses the configuration when one cannot be read.',
    fix: '  Correct it at the line that is told.',
  },
  E3036: {
    title: 'this machine lacks what the configuration names',
    explanation:
      'With --with-files, check also looks at what the proxy will find: files, folders, variables of the environment,\nresources in files, sets of descriptors. Run it on the machine, or in the image, that the configuration is for.',
    fix: '  Put the file there, or correct its path: relative ones begin where the proxy is started.',
  },
  E4001: {
    title: 'the bundled runtime does not serve it',
    explanation:
      'With --engine bundled, check tells what real Envoy serves and the bundled runtime does not. docs/support.md has all\nthat it serves.',
    fix: '  Leave it out, or serve the configuration with real Envoy.',
  },
  E4002: {
    title: 'real Envoy says otherwise',
    explanation:
      'With --with-envoy, check puts the configuration to the validation of a real Envoy as well, and tells when it refuses\nwhat was found good here, or takes what was not. Its answers are kept, by content and by binary.',
    example: '  ENVOY_BIN=/usr/bin/envoy envoy3 check --with-envoy envoy.yaml',
    fix: '  Believe real Envoy, and tell us: both should say the same.',
  },
  'route-test': {
    title: 'a route test is not well-formed',
    explanation:
      'A file of route tests (*.routes.ts, *.routes.yaml, or one of router_check_tool) has a field that there is none of, a\nrequest that is no URL, or an expectation of the wrong kind. The test itself did not run.',
    example: [
      '  tests:',
      '  - request: GET http://a.example/       # a method and a URL, or an object with url and headers',
      '    expect: { cluster: web, status: 200 }',
    ].join('\n'),
    fix: '  Correct the field that the message names; docs/tools.md lists them.',
  },
  'lint-options': {
    title: 'the lint settings, or a comment that switches a rule off, do not work',
    explanation:
      'A rule is named as it is spelled, has a level of error, warning or off, and is switched off with a reason for whoever\nreads the configuration next. Errors that Envoy itself would stop at cannot be switched off.',
    fix: "  rules: { 'no-public-admin': { level: 'off', reason: 'the network of the container is closed' } }\n  # envoy3-disable-next-line no-public-admin -- the network of the container is closed",
  },
  'unused-disable': {
    title: 'a comment switches off a rule that finds nothing there',
    explanation:
      'What it was written for has been mended or has moved. Left in, it hides the next mistake on that line.',
    fix: '  Remove the comment.',
  },
  'unused-baseline': {
    title: 'the baseline lets findings through that are no longer there',
    explanation:
      'The file of known findings (`lint.baseline`) names some that were mended. Left in, they would let the same mistake\nthrough again.',
    fix: '  envoy3 check --update-baseline',
  },
};
