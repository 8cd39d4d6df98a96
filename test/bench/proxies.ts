/**
 * The proxies of the HTTP benchmarks, all with one worker, all doing the same: one route, one upstream with keep-alive.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProxyUnderTest {
  readonly name: string;
  /** Writes its configuration and says how to start it; undefined when it is not installed. */
  command(folder: string, port: number, upstream: number): readonly [string, readonly string[]] | undefined;
}

/** What the proxies are to do. */
export interface ProxyWork {
  /** Lines of the Envoy cluster, indented by six spaces; `''` for HTTP/1.1. */
  readonly clusterLines: string;
  /** Lines of the connection manager, indented by sixteen spaces. */
  readonly managerLines?: string;
  /** Lines of the filter chain, indented by ten spaces: what clients speak. Default: plain text. */
  readonly chainLines?: string;
  /** Paths of routes before the one that is asked for. Default none. */
  readonly routesBefore?: readonly string[];
  /** undefined: the proxy cannot do it, and is left out. */
  readonly nginx: ((port: number, upstream: number) => string) | undefined;
  readonly haproxy: ((port: number, upstream: number) => string) | undefined;
}

/** The same bootstrap for real Envoy and for the bundled runtime. */
function envoyBootstrap(
  port: number,
  upstream: number,
  { chainLines = '', clusterLines, managerLines = '', routesBefore = [] }: ProxyWork,
): string {
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
${managerLines}                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
${routesBefore.map((path) => `                        - { match: { prefix: ${path} }, route: { cluster: upstream } }\n`).join('')}                        - match: { prefix: / }
                          route: { cluster: upstream }
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
${chainLines}  clusters:
    - name: upstream
      type: STATIC
      connect_timeout: 1s
      circuit_breakers: { thresholds: [{ max_connections: 10000, max_pending_requests: 10000, max_requests: 10000 }] }
      load_assignment:
        cluster_name: upstream
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${upstream} } } }
${clusterLines}`;
}

const nginxHead = (
  pid: string,
): string => `worker_processes 1; daemon off; pid ${pid}.pid; error_log stderr warn;
events { worker_connections 4096; }
`;

/** @param more of `listen`: ` http2` */
export function nginxUpstream(port: number, more = ''): string {
  return `${nginxHead('nginx-upstream')}http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600; client_body_temp_path body-upstream;
  server { listen 127.0.0.1:${port} backlog=4096${more}; location / { return 200 "Hello from the upstream, with a body of some length\\n"; } location /file { root .; } } }
`;
}

/** @param listen of the frontend, behind the port: certificates */
export const http1WorkOn = (
  nginxListen: string,
  haproxyBind: string,
): Pick<ProxyWork, 'nginx' | 'haproxy'> => ({
  nginx: (
    port,
    upstream,
  ) => `${nginxHead('nginx')}http { access_log off; keepalive_requests 1000000000; proxy_max_temp_file_size 0;
${nginxListen === '' ? '' : '  ssl_certificate bench.crt; ssl_certificate_key bench.key; ssl_protocols TLSv1.3;\n'}  upstream up { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port} backlog=4096${nginxListen}; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`,
  haproxy: (port, upstream) => `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend f
  bind 127.0.0.1:${port}${haproxyBind}
  default_backend b
backend b
  server s 127.0.0.1:${upstream}
`,
});

export const http1Work: ProxyWork = { ...http1WorkOn('', ''), clusterLines: '' };

/** HTTP/2 on both sides. */
export const grpcWork: ProxyWork = {
  clusterLines: `      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
`,
  nginx: (
    port,
    upstream,
  ) => `${nginxHead('nginx')}http { access_log off; keepalive_requests 1000000000; client_body_temp_path body;
  upstream up { server 127.0.0.1:${upstream}; keepalive 64; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port} http2; location / { grpc_pass grpc://up; } } }
`,
  haproxy: (port, upstream) => `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend f
  bind 127.0.0.1:${port} proto h2
  default_backend b
backend b
  server s 127.0.0.1:${upstream} proto h2
`,
};

/** @param envoyBin undefined: real Envoy is left out. @param cli path of `cli/envoy3.mjs` */
export function proxiesUnderTest(
  envoyBin: string | undefined,
  cli: string,
  has: (command: string) => boolean,
  work: ProxyWork,
): ProxyUnderTest[] {
  return [
    {
      name: 'envoy3',
      command(folder, port, upstream) {
        writeFileSync(join(folder, 'envoy3.yaml'), envoyBootstrap(port, upstream, work));
        return [process.execPath, [cli, 'serve', '-c', 'envoy3.yaml', '--no-watch', '-l', 'error']];
      },
    },
    {
      name: 'real Envoy',
      command(folder, port, upstream) {
        if (envoyBin === undefined) return undefined;
        writeFileSync(join(folder, 'envoy.yaml'), envoyBootstrap(port, upstream, work));
        return [envoyBin, ['-c', 'envoy.yaml', '--concurrency', '1', '--use-dynamic-base-id', '-l', 'error']];
      },
    },
    {
      name: 'nginx',
      command(folder, port, upstream) {
        if (work.nginx === undefined || !has('nginx')) return undefined;
        writeFileSync(join(folder, 'nginx.conf'), work.nginx(port, upstream));
        return ['nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')]];
      },
    },
    {
      name: 'HAProxy',
      command(folder, port, upstream) {
        if (work.haproxy === undefined || !has('haproxy')) return undefined;
        writeFileSync(join(folder, 'haproxy.cfg'), work.haproxy(port, upstream));
        return ['haproxy', ['-db', '-f', 'haproxy.cfg']];
      },
    },
  ];
}
