/**
 * The lint rules that this package has and the options that each takes. Their pages: `envoy3 explain RULE`.
 */

/** A rule that takes none. */
export type NoOptions = Readonly<Record<never, never>>;

export interface RuleOptions {
  /** A rewritten prefix and its match both end in a slash, or neither does. Pack `correctness`. */
  readonly 'no-double-slash-rewrite': NoOptions;
  /** No two listeners have one name. Pack `correctness`. */
  readonly 'no-duplicate-listener-name': NoOptions;
  /** Circuit breakers have one threshold a priority. Pack `correctness`. */
  readonly 'no-duplicate-threshold': NoOptions;
  /** No two virtual hosts of a route configuration have one name. Pack `correctness`. */
  readonly 'no-duplicate-virtual-host-name': NoOptions;
  /** A virtual host has routes. Pack `correctness`. */
  readonly 'no-empty-virtual-host': NoOptions;
  /** A share is not above the whole. Pack `correctness`. */
  readonly 'no-impossible-fraction': NoOptions;
  /** A wildcard domain does not take names of other people. Pack `correctness`. */
  readonly 'no-loose-wildcard-domain': { readonly allow: readonly string[] };
  /** No text has a variable or a template left in it. Pack `correctness`. */
  readonly 'no-placeholder': NoOptions;
  /** A cluster that goes to port 443 uses TLS. Pack `correctness`. */
  readonly 'no-plaintext-tls-port': { readonly ports: readonly number[] };
  /** Priorities of localities are 0, 1, 2 ... without a gap. Pack `correctness`. */
  readonly 'no-priority-gap': NoOptions;
  /** Retry_on has only words that Envoy knows. Pack `correctness`. */
  readonly 'no-unknown-retry-condition': NoOptions;
  /** The cluster of a TCP proxy exists. Pack `correctness`. */
  readonly 'no-unknown-tcp-cluster': NoOptions;
  /** The path of a route match can be the path of a request. Pack `correctness`. */
  readonly 'no-unmatchable-path': NoOptions;
  /** No earlier route of a virtual host takes all requests of a later one. Pack `correctness`. */
  readonly 'no-unreachable-route': NoOptions;
  /** Every static cluster is named by something. Pack `correctness`. */
  readonly 'no-unused-cluster': NoOptions;
  /** Settings per route stand under the name of a filter that is there. Pack `correctness`. */
  readonly 'no-unused-filter-override': NoOptions;
  /** Every static secret is named by something. Pack `correctness`. */
  readonly 'no-unused-secret': NoOptions;
  /** No circuit breaker is always open. Pack `correctness`. */
  readonly 'no-zero-limit': NoOptions;
  /** A route to a hashing cluster says what is hashed. Pack `correctness`. */
  readonly 'require-hash-policy': NoOptions;
  /** An HTTP connection manager has the router among its filters. Pack `correctness`. */
  readonly 'require-http-filters': NoOptions;
  /** A listener that matches server names has the TLS inspector. Pack `correctness`. */
  readonly 'require-tls-inspector': NoOptions;
  /** Requests with two lengths are refused. Pack `edge`. */
  readonly 'no-chunked-length': NoOptions;
  /** An open listener trusts few proxies in front of it. Pack `edge`. */
  readonly 'no-deep-forwarded-trust': { readonly maxHops: number };
  /** An open listener closes what is idle. Pack `edge`. */
  readonly 'no-disabled-idle-timeout': NoOptions;
  /** An open listener does not pass on client certificates that it did not see. Pack `edge`. */
  readonly 'no-forgeable-client-cert': NoOptions;
  /** An open listener takes headers of moderate size only. Pack `edge`. */
  readonly 'no-large-header-limit': { readonly maxKilobytes: number; readonly maxCount: number };
  /** Credentials go to origins that are named. Pack `edge`. */
  readonly 'no-open-cors': NoOptions;
  /** The admin interface listens on a loopback address or a UNIX socket. Pack `edge`. */
  readonly 'no-public-admin': NoOptions;
  /** Limits against HTTP/2 floods are not raised. Pack `edge`. */
  readonly 'no-raised-flood-limits': NoOptions;
  /** An open listener buffers little for each connection. Pack `edge`. */
  readonly 'require-buffer-limit': { readonly maxBytes: number };
  /** An open listener limits the number of its connections. Pack `edge`. */
  readonly 'require-connection-limit': NoOptions;
  /** An open listener limits the time for request headers. Pack `edge`. */
  readonly 'require-headers-timeout': NoOptions;
  /** An open listener limits streams and windows of HTTP/2. Pack `edge`. */
  readonly 'require-http2-limits': NoOptions;
  /** A proxy with open listeners has an overload manager that acts. Pack `edge`. */
  readonly 'require-overload-manager': NoOptions;
  /** Paths are normalised before anything decides by them. Pack `edge`. */
  readonly 'require-path-normalization': NoOptions;
  /** An open listener takes the address of clients from their connection. Pack `edge`. */
  readonly 'require-remote-address': NoOptions;
  /** An open listener refuses header names with underscores. Pack `edge`. */
  readonly 'require-underscore-rejection': NoOptions;
  /** Certificates and authorities have not expired. Pack `tls`. */
  readonly 'expired-certificate': NoOptions;
  /** Keys and passwords are not written into the configuration. Pack `tls`. */
  readonly 'no-inline-private-key': NoOptions;
  /** The lowest TLS version is not above the highest. Pack `tls`. */
  readonly 'no-inverted-tls-range': NoOptions;
  /** TLS 1.2 or later. Pack `tls`. */
  readonly 'no-old-tls': NoOptions;
  /** Certificates come from an authority that is trusted, or are pinned. Pack `tls`. */
  readonly 'no-untrusted-chain': NoOptions;
  /** Cipher suites with forward secrecy and authenticated encryption only. Pack `tls`. */
  readonly 'no-weak-cipher': NoOptions;
  /** An HTTPS listener that takes HTTP/2 offers it. Pack `tls`. */
  readonly 'require-alpn': NoOptions;
  /** A listener that checks client certificates demands them. Pack `tls`. */
  readonly 'require-client-certificate': NoOptions;
  /** The certificate of an upstream has the name that is expected. Pack `tls`. */
  readonly 'require-san-check': NoOptions;
  /** TLS to a host with a name says that name. Pack `tls`. */
  readonly 'require-sni': NoOptions;
  /** Certificates of upstreams are verified. Pack `tls`. */
  readonly 'require-upstream-verification': NoOptions;
  /** Names are not asked for all the time. Pack `dns`. */
  readonly 'no-refresh-storm': { readonly minMs: number };
  /** Host names are written in full. Pack `dns`. */
  readonly 'no-search-list-name': NoOptions;
  /** A cluster that resolves names says which address family it wants. Pack `dns`. */
  readonly 'require-dns-lookup-family': NoOptions;
  /** Names of Consul are asked for over TCP where EDNS0 is off. Pack `dns`. */
  readonly 'require-tcp-for-consul': NoOptions;
  /** A cluster whose health checks all fail is used all the same. Pack `resilience`. */
  readonly 'no-disabled-panic': NoOptions;
  /** Health checks are neither jumpy nor a load. Pack `resilience`. */
  readonly 'no-hasty-health-check': {
    readonly minIntervalMs: number;
    readonly minUnhealthyThreshold: number;
  };
  /** One request does not become many. Pack `resilience`. */
  readonly 'no-retry-storm': { readonly maxTries: number };
  /** Outlier detection leaves some hosts in. Pack `resilience`. */
  readonly 'no-total-ejection': { readonly maxPercent: number };
  /** Circuit breakers have limits that can be reached. Pack `resilience`. */
  readonly 'no-unbounded-breaker': { readonly max: number };
  /** A cluster has circuit breakers that somebody chose. Pack `resilience`. */
  readonly 'require-circuit-breakers': NoOptions;
  /** A cluster says how long a connection may take. Pack `resilience`. */
  readonly 'require-connect-timeout': NoOptions;
  /** A cluster with several hosts takes out those that are down. Pack `resilience`. */
  readonly 'require-health-checks': NoOptions;
  /** A retry policy limits the time of each try. Pack `resilience`. */
  readonly 'require-per-try-timeout': NoOptions;
  /** Listeners count under names of their own. Pack `observability`. */
  readonly 'no-shared-stat-prefix': NoOptions;
  /** Requests are logged. Pack `observability`. */
  readonly 'require-access-log': NoOptions;
  /** Requests have an id. Pack `observability`. */
  readonly 'require-request-id': NoOptions;
  /** A log format of its own has %RESPONSE_FLAGS%. Pack `observability`. */
  readonly 'require-response-flags': NoOptions;
  /** gRPC routes are not buffered. Pack `grpc`. */
  readonly 'no-grpc-buffering': NoOptions;
  /** gRPC streams are not cut by the time-out of a route. Pack `grpc`. */
  readonly 'no-grpc-stream-timeout': NoOptions;
  /** gRPC routes retry by the status of gRPC. Pack `grpc`. */
  readonly 'no-http-retry-on-grpc': NoOptions;
  /** gRPC-Web comes with CORS. Pack `grpc`. */
  readonly 'require-cors-for-grpc-web': NoOptions;
  /** A cluster that gRPC goes to speaks HTTP/2. Pack `grpc`. */
  readonly 'require-http2-upstream': NoOptions;
  /** Programs of some length stand in files of their own. Pack `style`. */
  readonly 'no-long-inline-code': { readonly maxLines: number };
  /** Enums and lists are written as the API has them. Pack `style`. */
  readonly 'prefer-canonical-spelling': NoOptions;
  /** A prefix ends at a slash. Pack `style`. */
  readonly 'prefer-path-separated-prefix': NoOptions;
  /** A route says how long an answer may take. Pack `style`. */
  readonly 'require-explicit-timeout': NoOptions;
  /** Listeners have names. Pack `style`. */
  readonly 'require-listener-name': NoOptions;
  /** No field that Envoy will refuse in a later release. Pack `deprecated`. */
  readonly 'no-deprecated-field': { readonly allow: readonly string[] };
  /** Extensions have the names of today. Pack `deprecated`. */
  readonly 'no-old-filter-name': NoOptions;
  /** Regular expressions are small programs. Pack `cost`. */
  readonly 'no-costly-regex': { readonly maxSize: number };
  /** Tracing samples a part of the requests. Pack `cost`. */
  readonly 'no-full-tracing': { readonly maxPercent: number };
  /** A hash ring has a moderate size. Pack `cost`. */
  readonly 'no-large-hash-ring': { readonly maxSize: number };
  /** A virtual host has a list of routes that can be searched. Pack `cost`. */
  readonly 'no-long-route-list': { readonly maxRoutes: number };
  /** Many clusters come with a choice of statistics. Pack `cost`. */
  readonly 'no-stat-flood': { readonly maxClusters: number };
}
