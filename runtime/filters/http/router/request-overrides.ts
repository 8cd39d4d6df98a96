/**
 * Time-outs and retry policy of one request: the route's, and what a caller from inside the mesh asks for by headers
 * (`x-envoy-upstream-rq-timeout-ms`, `x-envoy-retry-on`, ...). The headers are removed: they were for us.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#http-headers-consumed
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, removeHeader } from '../../../common/header-list.js';
import { compileHeaderMatcher } from '../../../route/compile-header-matcher.js';
import type { RetryPolicy, RouteToCluster } from '../../../route/route-table.js';

export interface RequestTimeouts {
  /** 0 = none. */
  readonly globalMs: number;
  /** 0 = none. */
  readonly perTryMs: number;
  /** A time for each try that passes lets another one begin beside it. */
  readonly hedges: boolean;
  /** `x-envoy-upstream-rq-timeout-alt-response`: a time-out is answered by 204. */
  readonly answersNoContent: boolean;
}

/** Envoy ignores a time for each try that the whole time would end first. */
function effective(
  globalMs: number,
  perTryMs: number,
  hedges: boolean,
  answersNoContent = false,
): RequestTimeouts {
  return {
    globalMs,
    perTryMs: globalMs > 0 && perTryMs >= globalMs ? 0 : perTryMs,
    hedges,
    answersNoContent,
  };
}

const perRoute = new WeakMap<RouteToCluster, RequestTimeouts>();

/** The route's own, computed once per route. */
export function routeTimeouts(route: RouteToCluster): RequestTimeouts {
  let found = perRoute.get(route);
  if (found === undefined) {
    found = effective(route.timeoutMs, route.retryPolicy?.perTryTimeoutMs ?? 0, route.hedgeOnPerTryTimeout);
    perRoute.set(route, found);
  }
  return found;
}

function takeText(headers: HeaderList, name: string): string | undefined {
  const text = getHeader(headers, name);
  if (text !== undefined) removeHeader(headers, name);
  return text;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function takeNumber(headers: HeaderList, name: string): number | undefined {
  return wholeNumber(takeText(headers, name));
}

/**
 * @param headers of a request from inside the mesh; changed in place
 * @param respectsExpected `respect_expected_rq_timeout`: the time that the Envoy before this one has left counts, if it says so
 */
export function takeTimeouts(
  headers: HeaderList,
  route: RouteToCluster,
  respectsExpected: boolean,
): RequestTimeouts {
  const hedge = takeText(headers, 'x-envoy-hedge-on-per-try-timeout');
  const expected = respectsExpected ? getHeader(headers, 'x-envoy-expected-rq-timeout-ms') : undefined;
  const global =
    expected === undefined ? takeNumber(headers, 'x-envoy-upstream-rq-timeout-ms') : wholeNumber(expected);
  const perTry = takeNumber(headers, 'x-envoy-upstream-rq-per-try-timeout-ms');
  const alternative = takeText(headers, 'x-envoy-upstream-rq-timeout-alt-response');
  return effective(
    global ?? route.timeoutMs,
    perTry ?? route.retryPolicy?.perTryTimeoutMs ?? 0,
    hedge === 'true' || (hedge !== 'false' && route.hedgeOnPerTryTimeout),
    alternative !== undefined,
  );
}

/** @returns what the caller wants its responses to be counted under as well; undefined when nothing */
export function takeAlternativeName(headers: HeaderList): string | undefined {
  return takeText(headers, 'x-envoy-upstream-alt-stat-name') || undefined;
}

const tokens = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');

/** Envoy's defaults of a policy that only headers ask for. */
const defaultPolicy: RetryPolicy = {
  retryOn: new Set(),
  numRetries: 1,
  perTryTimeoutMs: 0,
  perTryIdleTimeoutMs: 0,
  retriableStatusCodes: new Set(),
  retriableHeaders: [],
  retriableRequestHeaders: [],
  hostPredicates: [],
  hostSelectionMaxAttempts: 1,
  previousPrioritiesFrequency: 0,
  resetHeaders: [],
  resetMaxMs: 300_000,
  backOffBaseMs: 25,
  backOffMaxMs: 250,
};

/** Tokens that are known to `x-envoy-retry-grpc-on` only. */
const grpcTokens: ReadonlySet<string> = new Set([
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
]);

function hasRetryHeader(headers: HeaderList): boolean {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    if (name.startsWith('x-envoy-retr') || name === 'x-envoy-max-retries') return true;
  }
  return false;
}

/**
 * The policy of the request, with what its headers ask for: those of a caller inside the mesh, or those that the route adds.
 * @param headers after the route has changed them; changed in place
 * @returns undefined when nothing asks for retries
 */
export function takeRetryPolicy(headers: HeaderList, route: RouteToCluster): RetryPolicy | undefined {
  const { retryPolicy } = route;
  if (!hasRetryHeader(headers)) {
    return retryPolicy !== undefined && retryPolicy.retryOn.size > 0 ? retryPolicy : undefined;
  }
  const retryOn = takeText(headers, 'x-envoy-retry-on');
  const retryGrpcOn = takeText(headers, 'x-envoy-retry-grpc-on');
  const numRetries = takeNumber(headers, 'x-envoy-max-retries');
  const codes = tokens(takeText(headers, 'x-envoy-retriable-status-codes'));
  const names = tokens(takeText(headers, 'x-envoy-retriable-header-names'));
  const policy = retryPolicy ?? defaultPolicy;
  if (policy.retryOn.size === 0 && retryOn === undefined && retryGrpcOn === undefined) return undefined;
  return {
    ...policy,
    retryOn: new Set([
      ...policy.retryOn,
      ...tokens(retryOn).filter((token) => !grpcTokens.has(token)),
      ...tokens(retryGrpcOn).filter((token) => grpcTokens.has(token)),
    ]),
    numRetries: numRetries ?? policy.numRetries,
    retriableStatusCodes: new Set([
      ...policy.retriableStatusCodes,
      ...codes.map(Number).filter((code) => code >= 100 && code < 600),
    ]),
    retriableHeaders: [
      ...policy.retriableHeaders,
      ...names.map((name) => compileHeaderMatcher({ name, present_match: true })),
    ],
  };
}
