/**
 * The rows of the table of the data plane: what is asked of each proxy, by which tool, and how much of real Envoy's CPU time it may
 * cost at most.
 */
import type { ProxyWork } from './proxies.js';
import { grpcWork, http1Work, http1WorkOn } from './proxies.js';

export interface TableRow {
  readonly id: string;
  readonly title: string;
  /** Of real Envoy's CPU time per request, at most. */
  readonly goal: number;
  readonly tool: 'wrk' | 'h2load';
  readonly work: ProxyWork;
  readonly connections: number;
  /** Besides those of connections and time. */
  readonly args: readonly string[];
  readonly scheme: 'http' | 'https';
  readonly path: string;
  /** What stands behind the proxies. Default: nginx with a short answer over HTTP/1.1. */
  readonly upstream?: 'http2' | 'streaming';
}

const log = `                access_log:
                  - name: envoy.access_loggers.file
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                      path: access.log
                      log_format:
                        json_format:
                          start_time: "%START_TIME%"
                          method: "%REQ(:METHOD)%"
                          path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"
                          protocol: "%PROTOCOL%"
                          response_code: "%RESPONSE_CODE%"
                          response_flags: "%RESPONSE_FLAGS%"
                          bytes_received: "%BYTES_RECEIVED%"
                          bytes_sent: "%BYTES_SENT%"
                          duration: "%DURATION%"
                          request_id: "%REQ(X-REQUEST-ID)%"
                          user_agent: "%REQ(USER-AGENT)%"
                          upstream_host: "%UPSTREAM_HOST%"
`;

const tls = `          transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                tls_params: { tls_minimum_protocol_version: TLSv1_3 }
                tls_certificates:
                  - { certificate_chain: { filename: bench.crt }, private_key: { filename: bench.key } }
`;

const alone = { nginx: undefined, haproxy: undefined } as const;
const overTls: ProxyWork = {
  ...http1WorkOn(' ssl', ' ssl crt bench.pem ssl-min-ver TLSv1.3'),
  clusterLines: '',
  chainLines: tls,
};
const close = ['-H', 'Connection: close'];
const grpcHeaders = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];

const row = (
  id: string,
  title: string,
  goal: number,
  more: Partial<TableRow> & Pick<TableRow, 'work'>,
): TableRow => ({
  ...{ id, title, goal, tool: 'wrk', connections: 64, args: [], scheme: 'http', path: '/' },
  ...more,
});

export const tableRows: readonly TableRow[] = [
  row('http1', 'HTTP/1.1 keep-alive, small, no access log', 0.6, { work: http1Work }),
  row('log', 'the same with a JSON access log to a file', 0.75, {
    work: { ...alone, clusterLines: '', managerLines: log },
  }),
  row('routes', '1,000 routes in one virtual host, the last one hit', 0.4, {
    work: {
      ...alone,
      clusterLines: '',
      routesBefore: Array.from({ length: 1000 }, (_one, at) => `/service-${at}/`),
    },
  }),
  row('grpc', 'gRPC unary over HTTP/2, 8 connections of 16 streams', 0.3, {
    ...{ tool: 'h2load', work: grpcWork, connections: 8, upstream: 'http2', path: '/svc/Method' },
    args: ['-m', '16', '-d', 'message', ...grpcHeaders],
  }),
  row('streaming', 'gRPC server streaming, 64 messages of 1 KB each', 0.5, {
    ...{ tool: 'h2load', work: grpcWork, connections: 4, upstream: 'streaming', path: '/svc/Stream' },
    args: ['-m', '8', '-d', 'message', ...grpcHeaders],
  }),
  row('tls', 'HTTP/1.1 over TLS 1.3, keep-alive', 0.7, { work: overTls, scheme: 'https' }),
  row('tls-new', 'a new TLS 1.3 connection for each request', 2.4, {
    ...{ work: overTls, scheme: 'https', connections: 16, args: close },
  }),
  row('new', 'a new plain connection for each request', 1, { work: http1Work, args: close }),
  row('large', 'bodies of 1 MB', 1.5, { work: http1Work, connections: 8, path: '/file' }),
];
