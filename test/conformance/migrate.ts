/**
 * Configurations in the v2 API, migrated: real Envoy 1.40 must take the result, and our own checks must find nothing left.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkText } from '../../compiler/index.js';
import { migrateYaml } from '../../compiler/tools.js';

/** As people wrote them in 2019, with as many of the old spellings as fit. */
const configurations: Readonly<Record<string, string>> = {
  'a mesh of many filters': `static_resources:
  listeners:
  - address:
      socket_address: { address: 0.0.0.0, port_value: 9211 }
    filter_chains:
    - filters:
      - name: envoy.http_connection_manager
        config:
          codec_type: auto
          stat_prefix: ingress_http
          generate_request_id: true
          tracing:
            operation_name: egress
            request_headers_for_tags: [x-a]
          route_config:
            name: local_route
            internal_only_headers: [x-b]
            validate_clusters: { value: true }
            virtual_hosts:
            - name: local_service
              domains:
              - "*"
              cors:
                allow_origin_regex: ['.*\\.a\\.com']
                allow_methods: GET
              rate_limits: [{ stage: 0, actions: [{ remote_address: {} }] }]
              retry_policy: { retry_on: 5xx, num_retries: 3, per_try_timeout: { nanos: 250000000 } }
              routes:
              - match: { prefix: "/", headers: [{ name: content-type, exact_match: application/grpc }, { name: x, present_match: true }] }
                metadata: { filter_metadata: { a: { b: c } } }
                decorator: { operation: x }
                request_headers_to_add: [{ header: { key: a, value: b }, append: false }]
                route: { cluster: local_service_grpc, weighted_clusters: null, auto_host_rewrite: true, retry_policy: { retry_on: 5xx }, hash_policy: [{ header: { header_name: x } }], rate_limits: [], use_websocket: true, max_grpc_timeout: 1s, cors: { enabled: true, allow_origin: ['*'] } }
              - match: { path: /p, runtime: { default_value: { numerator: 5 }, runtime_key: k } }
                redirect: { host_redirect: a, response_code: found }
          http_filters:
          - name: envoy.fault
            config: { delay: { type: fixed, fixed_delay: 1s, percentage: { numerator: 1 } }, abort: { http_status: 503, percent: 5 } }
          - name: envoy.gzip
            config: { memory_level: 5 }
          - name: envoy.rate_limit
            config: { domain: d, rate_limit_service: { grpc_service: { envoy_grpc: { cluster_name: local_service_grpc } } } }
          - name: envoy.ext_authz
            config: { grpc_service: { envoy_grpc: { cluster_name: local_service_grpc } }, use_alpha: true }
          - name: envoy.lua
            config: { inline_code: "function envoy_on_request(h) end" }
          - name: envoy.health_check
            config: { pass_through_mode: false, endpoint: /h }
          - name: envoy.router
            config: { start_child_span: true }
  - address:
      socket_address: { address: 0.0.0.0, port_value: 9212 }
    use_proxy_proto: { value: true }
    filter_chains:
    - use_proxy_proto: true
      filters:
      - name: envoy.tcp_proxy
        config: { stat_prefix: t, cluster: local_service_grpc }
  clusters:
  - name: local_service_grpc
    connect_timeout: 0.250s
    type: static
    lb_policy: round_robin
    http2_protocol_options: {}
    hosts:
    - socket_address: { address: 127.0.0.1, port_value: 8081 }
    outlier_detection: { consecutive_5xx: 3 }
    circuit_breakers: { thresholds: [{ priority: default, max_connections: 5 }] }
    health_checks: [{ timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: { path: /h, service_name: s } }]
    lb_subset_config: { fallback_policy: any_endpoint, subset_selectors: [{ keys: [a] }] }
tracing:
  http: { name: envoy.zipkin, config: { collector_cluster: local_service_grpc, collector_endpoint: /api/v1/spans } }
stats_sinks: [{ name: envoy.dog_statsd, config: { address: { socket_address: { address: 127.0.0.1, port_value: 8125 } } } }]
flags_path: /x
watchdog: { miss_timeout: 1s }
admin:
  access_log_path: "/tmp/admin_access.log"
  address: { socket_address: { address: 0.0.0.0, port_value: 9901 } }
`,
  'a gRPC proxy': `# our proxy, of 2019
node: { id: front, cluster: front }
admin:
  access_log_path: /tmp/admin.log   # nobody reads it
  address:
    socket_address: { address: 127.0.0.1, port_value: 0 }
stats_sinks:
  - name: envoy.statsd
    config:
      tcp_cluster_name: my-awesome-service-grpc
      prefix: front
static_resources:
  listeners:
    # grpc
    - name: internal-grpc-traffic
      address:
        socket_address:
          address: 0.0.0.0
          port_value: 0
      filter_chains:
        - filters:
            - name: envoy.http_connection_manager
              config:
                access_log:
                  - name: envoy.file_access_log
                    config:
                      path: "/tmp/access.log"
                      format: "%REQ(:path)%\\n"
                stat_prefix: ingress_http
                codec_type: auto
                idle_timeout: 60s
                tracing: { operation_name: ingress }
                route_config:
                  name: local_route
                  virtual_hosts:
                    - name: my-awesome-service
                      domains: ["*"]
                      per_filter_config:
                        envoy.cors: {}
                      cors: { allow_origin: ["*", "a.com"] }
                      routes:
                        - match:
                            prefix: "/"
                            grpc: {}
                            headers: [{ name: a, exact_match: b }, { name: c, regex_match: "d.*" }]
                            query_parameters: [{ name: q, value: "1", regex: true }]
                          route:
                            cluster: my-awesome-service-grpc
                            host_rewrite: a.internal
                            timeout:
                              seconds: 15
                            request_mirror_policy: { cluster: my-awesome-service-grpc }
                        - match: { regex: "/x.*" }
                          route: { cluster: my-awesome-service-grpc }
                http_filters:
                  - name: envoy.cors
                  - name: envoy.router
                    config: {}
  clusters:
    - name: my-awesome-service-grpc
      connect_timeout: 0.5s
      http2_protocol_options: {}
      type: strict_dns
      lb_policy: round_robin
      dns_lookup_family: V4_ONLY
      tls_context:
        common_tls_context:
          alpn_protocols: h2
      health_checks:
        - grpc_health_check: {}
          timeout: 1s
          interval: 2s
          interval_jitter: 1s
          healthy_threshold: 3
          unhealthy_threshold: 3
          event_log_path: /dev/null
      # where it is
      hosts:
        - socket_address:
            address: my-awesome-service.service.consul
            port_value: 5100
`,
};

export async function run({ envoyBin }: { readonly envoyBin: string }) {
  const lines: string[] = [];
  let [passed, failed] = [0, 0];
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-migrate-'));
  try {
    for (const [name, text] of Object.entries(configurations)) {
      const { rewrites, text: migrated } = migrateYaml(text);
      const left = checkText(migrated, { file: name }).filter(({ severity }) => severity === 'error');
      const file = join(folder, 'envoy.yaml');
      writeFileSync(file, migrated);
      let refused = '';
      try {
        const flags = ['--mode', 'validate', '--log-level', 'error', '-c', file];
        execFileSync(envoyBin, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
      } catch (error) {
        refused =
          String((error as { stderr?: Buffer }).stderr)
            .trim()
            .split('\n')
            .at(-1) ?? 'refused';
      }
      const again = migrateYaml(migrated).rewrites.length;
      if (left.length === 0 && refused === '' && again === 0) passed++;
      else failed++;
      lines.push(`${name}: ${rewrites.length} rewrites, ${again} when migrated again ${refused}`);
      for (const { message } of left) lines.push(`  left: ${message}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
