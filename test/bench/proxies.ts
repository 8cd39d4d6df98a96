/**
 * The proxies of the HTTP/1.1 benchmark, all with one worker, all doing the same: one route, one upstream with keep-alive.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProxyUnderTest {
  readonly name: string;
  /** Writes its configuration and says how to start it; undefined when it is not installed. */
  command(folder: string, port: number, upstream: number): readonly [string, readonly string[]] | undefined;
}

/** The same bootstrap for real Envoy and for the bundled runtime. */
export function envoyBootstrap(port: number, upstream: number): string {
  return `static_resources:
  listeners:
    - name: bench
      address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: bench
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                        - match: { prefix: / }
                          route: { cluster: upstream }
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: upstream
      type: STATIC
      connect_timeout: 1s
      circuit_breakers: { thresholds: [{ max_connections: 10000, max_pending_requests: 10000, max_requests: 10000 }] }
      load_assignment:
        cluster_name: upstream
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${upstream} } } }
`;
}

export function nginxUpstream(port: number): string {
  return `worker_processes 1; daemon off; pid nginx-upstream.pid; error_log stderr warn;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "Hello from the upstream, with a body of some length\\n"; } } }
`;
}

/** @param envoyBin undefined: real Envoy is left out. @param cli path of `cli/envoy3.mjs` */
export function proxiesUnderTest(
  envoyBin: string | undefined,
  cli: string,
  has: (command: string) => boolean,
): ProxyUnderTest[] {
  return [
    {
      name: 'envoy3',
      command(folder, port, upstream) {
        writeFileSync(join(folder, 'envoy3.yaml'), envoyBootstrap(port, upstream));
        return [process.execPath, [cli, 'serve', '-c', 'envoy3.yaml', '--no-watch', '-l', 'error']];
      },
    },
    {
      name: 'real Envoy',
      command(folder, port, upstream) {
        if (envoyBin === undefined) return undefined;
        writeFileSync(join(folder, 'envoy.yaml'), envoyBootstrap(port, upstream));
        return [envoyBin, ['-c', 'envoy.yaml', '--concurrency', '1', '--use-dynamic-base-id', '-l', 'error']];
      },
    },
    {
      name: 'nginx',
      command(folder, port, upstream) {
        if (!has('nginx')) return undefined;
        const text = `worker_processes 1; daemon off; pid nginx.pid; error_log stderr warn;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000;
  upstream up { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`;
        writeFileSync(join(folder, 'nginx.conf'), text);
        return ['nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')]];
      },
    },
    {
      name: 'HAProxy',
      command(folder, port, upstream) {
        if (!has('haproxy')) return undefined;
        const text = `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  server s 127.0.0.1:${upstream}
`;
        writeFileSync(join(folder, 'haproxy.cfg'), text);
        return ['haproxy', ['-db', '-f', 'haproxy.cfg']];
      },
    },
  ];
}
