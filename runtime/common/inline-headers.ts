/**
 * Headers of which a message has one line only: Envoy joins repeats of them by a comma (its "inline headers", measured on
 * 1.40), while repeats of all others stay lines of their own. Besides these: `host`.
 */
import type { HeaderList } from './header-list.js';

export const requestInlineHeaders: ReadonlySet<string> = new Set(
  `accept accept-encoding access-control-request-headers access-control-request-method
  access-control-request-private-network authorization cache-control content-encoding content-type expect
  grpc-accept-encoding grpc-timeout if-match if-modified-since if-none-match if-range if-unmodified-since origin pragma
  referer te user-agent via x-client-trace-id x-envoy-attempt-count x-envoy-decorator-operation
  x-envoy-downstream-service-cluster x-envoy-downstream-service-node x-envoy-expected-rq-timeout-ms
  x-envoy-external-address x-envoy-force-trace x-envoy-hedge-on-per-try-timeout x-envoy-internal x-envoy-max-retries
  x-envoy-original-host x-envoy-original-path x-envoy-retriable-header-names x-envoy-retriable-status-codes
  x-envoy-retry-grpc-on x-envoy-retry-on x-envoy-upstream-alt-stat-name x-envoy-upstream-rq-per-try-timeout-ms
  x-envoy-upstream-rq-timeout-alt-response x-envoy-upstream-rq-timeout-ms x-forwarded-client-cert x-forwarded-for
  x-forwarded-host x-forwarded-port x-forwarded-proto x-request-id`.split(/\s+/),
);

export const responseInlineHeaders: ReadonlySet<string> = new Set(
  `access-control-allow-credentials access-control-allow-headers access-control-allow-methods
  access-control-allow-origin access-control-allow-private-network access-control-expose-headers
  access-control-max-age age cache-control content-encoding content-type date etag expires grpc-message grpc-status
  last-modified location server vary via x-envoy-attempt-count x-envoy-decorator-operation x-envoy-degraded
  x-envoy-immediate-health-check-fail x-envoy-ratelimited x-envoy-upstream-canary
  x-envoy-upstream-healthchecked-cluster x-envoy-upstream-service-time x-request-id`.split(/\s+/),
);

/** Joins the value to the line that is there; appends a line when the header is absent. @param name lower case */
export function joinToHeader(headers: HeaderList, name: string, value: string): void {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== name) continue;
    headers[at + 1] = `${headers[at + 1]},${value}`;
    return;
  }
  headers.push(name, value);
}
