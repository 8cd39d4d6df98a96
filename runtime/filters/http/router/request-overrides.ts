/**
 * Time-outs and retry policy of one request: the route's, and what a caller from inside the mesh asks for by headers
 * (`x-envoy-upstream-rq-timeout-ms`, `x-envoy-retry-on`, ...). The headers are removed: they were for us.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, removeHeader } from '../../../common/header-list.js';
import type { RetryPolicy, RouteToCluster } from '../../../route/route-table.js';
import type { RetryOverrides } from './retry-state.js';

export interface RequestTimeouts {
  /** 0 = none. */
  readonly globalMs: number;
  /** 0 = none. */
  readonly perTryMs: number;
}

/** Envoy ignores a time for each try that the whole time would end first. */
function effective(globalMs: number, perTryMs: number): RequestTimeouts {
  return { globalMs, perTryMs: globalMs > 0 && perTryMs >= globalMs ? 0 : perTryMs };
}

const perRoute = new WeakMap<RouteToCluster, RequestTimeouts>();

/** The route's own, computed once per route. */
export function routeTimeouts(route: RouteToCluster): RequestTimeouts {
  let found = perRoute.get(route);
  if (found === undefined) {
    found = effective(route.timeoutMs, route.retryPolicy?.perTryTimeoutMs ?? 0);
    perRoute.set(route, found);
  }
  return found;
}

function takeNumber(headers: HeaderList, name: string): number | undefined {
  const text = getHeader(headers, name);
  if (text === undefined) return undefined;
  removeHeader(headers, name);
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** @param headers of a request from inside the mesh; changed in place */
export function takeTimeouts(headers: HeaderList, route: RouteToCluster): RequestTimeouts {
  const global = takeNumber(headers, 'x-envoy-upstream-rq-timeout-ms');
  const perTry = takeNumber(headers, 'x-envoy-upstream-rq-per-try-timeout-ms');
  return effective(global ?? route.timeoutMs, perTry ?? route.retryPolicy?.perTryTimeoutMs ?? 0);
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
  retriableStatusCodes: new Set(),
  backOffBaseMs: 25,
  backOffMaxMs: 250,
};

/** @returns undefined when nothing asks for retries */
export function takeRetryPolicy(
  headers: HeaderList,
  route: RouteToCluster,
): { readonly policy: RetryPolicy; readonly overrides: RetryOverrides } | undefined {
  const retryOn = tokens(getHeader(headers, 'x-envoy-retry-on'));
  const codes = tokens(getHeader(headers, 'x-envoy-retriable-status-codes'));
  const retries = takeNumber(headers, 'x-envoy-max-retries');
  removeHeader(headers, 'x-envoy-retry-on');
  removeHeader(headers, 'x-envoy-retriable-status-codes');
  const policy = route.retryPolicy ?? defaultPolicy;
  if (route.retryPolicy === undefined && retryOn.length === 0) return undefined;
  return {
    policy,
    overrides: {
      retryOn: new Set([...policy.retryOn, ...retryOn]),
      numRetries: retries ?? policy.numRetries,
      retriableStatusCodes: new Set([
        ...policy.retriableStatusCodes,
        ...codes.map(Number).filter((code) => code >= 100 && code < 600),
      ]),
    },
  };
}
