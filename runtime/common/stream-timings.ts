/**
 * The moments of a request, each in milliseconds since its first octet; undefined: it has not come. Kept only where the
 * configuration asks for one of them (`verbose` tracing, some commands of access logs), since each costs a look at the clock.
 */
export interface StreamTimings {
  lastDownstreamRx: number | undefined;
  /** A connection to the upstream was there. */
  poolReady: number | undefined;
  firstUpstreamTx: number | undefined;
  lastUpstreamTx: number | undefined;
  firstUpstreamRx: number | undefined;
  lastUpstreamRx: number | undefined;
  firstDownstreamTx: number | undefined;
  lastDownstreamTx: number | undefined;
}

export function createStreamTimings(): StreamTimings {
  return {
    lastDownstreamRx: undefined,
    poolReady: undefined,
    firstUpstreamTx: undefined,
    lastUpstreamTx: undefined,
    firstUpstreamRx: undefined,
    lastUpstreamRx: undefined,
    firstDownstreamTx: undefined,
    lastDownstreamTx: undefined,
  };
}

/** Forgets what an earlier try of the upstream has left. */
export function forgetUpstreamTimings(timings: StreamTimings): void {
  timings.poolReady = undefined;
  timings.firstUpstreamTx = undefined;
  timings.lastUpstreamTx = undefined;
  timings.firstUpstreamRx = undefined;
  timings.lastUpstreamRx = undefined;
}
