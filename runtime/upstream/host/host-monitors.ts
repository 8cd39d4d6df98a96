/**
 * Who watches a host, as those see it who know something about it. Both are told and never asked: nothing that a monitor
 * finds goes back into the request that told it.
 */

/**
 * How a request, or a connection, ended for the outlier detector, in Envoy's words (`Outlier::Result`). `LOCAL_ORIGIN` is
 * what we saw ourselves: the connection; `EXT_ORIGIN` is what the host said.
 */
export type OutlierResult =
  | 'EXT_ORIGIN_REQUEST_SUCCESS'
  | 'EXT_ORIGIN_REQUEST_FAILED'
  /** Connected, and a protocol above it will tell how that ended. */
  | 'LOCAL_ORIGIN_CONNECT_SUCCESS'
  /** Connected, and nothing more will be told (TCP). */
  | 'LOCAL_ORIGIN_CONNECT_SUCCESS_FINAL'
  | 'LOCAL_ORIGIN_CONNECT_FAILED'
  | 'LOCAL_ORIGIN_TIMEOUT';

/** The outlier detector's ear at one host. */
export interface OutlierMonitor {
  /** @param code what stands for the result where own and foreign errors are not told apart; the result's own when absent */
  putResult(result: OutlierResult, code?: number): void;
  /** A response began. @param headers of the response, which may say more than its status. */
  putResponse(status: number, headers: readonly string[], requestHeaders: readonly string[]): void;
  /** Percent of the last interval, -1 when there was too little to say. */
  readonly successRate: number;
  readonly localOriginSuccessRate: number;
}

/** Of a host that nobody watches. */
export const noOutlierMonitor: OutlierMonitor = {
  putResult() {},
  putResponse() {},
  successRate: -1,
  localOriginSuccessRate: -1,
};

/** The active health checker's ear at one host. */
export interface HealthCheckMonitor {
  /** A response said `x-envoy-immediate-health-check-fail`: the host fails at once. */
  setUnhealthy(): void;
}
