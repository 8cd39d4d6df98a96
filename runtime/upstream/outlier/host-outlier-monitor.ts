/**
 * What the outlier detector keeps of one host: failures in a row, the rates of the interval, and its ejections.
 */
import { getHeader } from '../../common/header-list.js';
import type { Host } from '../host/host.js';
import type { OutlierMonitor, OutlierResult } from '../host/host-monitors.js';
import { httpStatusOfGrpc } from './http-status-of-grpc.js';
import type { EnforcedType, OutlierSettings } from './outlier-settings.js';
import { SuccessRate } from './success-rate.js';

function isGrpcType(type: string | undefined): boolean {
  return type === 'application/grpc' || type?.startsWith('application/grpc+') === true;
}

/** Who is told that a host has failed too often in a row, or calls itself degraded. */
export interface HostOutlierOwner {
  onConsecutiveFailures(monitor: HostOutlierMonitor, type: EnforcedType): void;
  onDegraded(monitor: HostOutlierMonitor): void;
}

/** Status that stands for a result where own and foreign errors are not told apart; 0: for none. */
const codeOfResult: Readonly<Record<OutlierResult, number>> = {
  EXT_ORIGIN_REQUEST_SUCCESS: 200,
  EXT_ORIGIN_REQUEST_FAILED: 500,
  LOCAL_ORIGIN_CONNECT_SUCCESS: 0,
  LOCAL_ORIGIN_CONNECT_SUCCESS_FINAL: 200,
  LOCAL_ORIGIN_CONNECT_FAILED: 503,
  LOCAL_ORIGIN_TIMEOUT: 504,
};

export class HostOutlierMonitor implements OutlierMonitor {
  host: Host;
  readonly external = new SuccessRate();
  readonly localOrigin = new SuccessRate();
  successRate = -1;
  localOriginSuccessRate = -1;
  /** How often it has been ejected. */
  ejections = 0;
  /** How many times the base time the next ejection lasts; grows with each and shrinks with each quiet interval. */
  backOff = 0;
  jitterMs = 0;
  /** Monotonic milliseconds; undefined when it never was. */
  ejectedAt: number | undefined = undefined;
  unejectedAt: number | undefined = undefined;
  degradedAt = 0;
  private readonly settings: OutlierSettings;
  private readonly owner: HostOutlierOwner;
  private consecutive5xx = 0;
  private consecutiveGatewayFailure = 0;
  private consecutiveLocalOriginFailure = 0;

  constructor(host: Host, settings: OutlierSettings, owner: HostOutlierOwner) {
    this.host = host;
    this.settings = settings;
    this.owner = owner;
  }

  /** Goes on where the monitor of the generation before was. */
  goOnFrom(before: HostOutlierMonitor): void {
    this.ejections = before.ejections;
    this.backOff = before.backOff;
    this.jitterMs = before.jitterMs;
    this.ejectedAt = before.ejectedAt;
    this.unejectedAt = before.unejectedAt;
    this.degradedAt = before.degradedAt;
    this.consecutive5xx = before.consecutive5xx;
    this.consecutiveGatewayFailure = before.consecutiveGatewayFailure;
    this.consecutiveLocalOriginFailure = before.consecutiveLocalOriginFailure;
  }

  putResult(result: OutlierResult, code?: number): void {
    if (!this.settings.splitExternalLocalOriginErrors) {
      const put = code ?? codeOfResult[result];
      if (put !== 0) this.putCode(put);
      return;
    }
    switch (result) {
      case 'LOCAL_ORIGIN_CONNECT_SUCCESS':
      case 'LOCAL_ORIGIN_CONNECT_SUCCESS_FINAL':
        this.putLocalOrigin(true);
        return;
      case 'LOCAL_ORIGIN_CONNECT_FAILED':
      case 'LOCAL_ORIGIN_TIMEOUT':
        this.putLocalOrigin(false);
        return;
      case 'EXT_ORIGIN_REQUEST_FAILED':
        this.putCode(503);
        return;
      case 'EXT_ORIGIN_REQUEST_SUCCESS':
        this.putCode(200);
        this.putLocalOrigin(true);
    }
  }

  putResponse(status: number, headers: readonly string[], requestHeaders: readonly string[]): void {
    const grpcStatus = getHeader(headers, 'grpc-status');
    // A call that failed before it had an answer: its HTTP status is 200. In trailers it comes too late, as in Envoy.
    const isGrpc = grpcStatus !== undefined && isGrpcType(getHeader(requestHeaders, 'content-type'));
    const code = isGrpc ? httpStatusOfGrpc(grpcStatus) : status;
    this.putCode(code);
    if (!this.settings.detectDegradedHosts || code >= 500) return;
    if (getHeader(headers, 'x-envoy-degraded') !== undefined) this.owner.onDegraded(this);
  }

  private putCode(code: number): void {
    const isFailure = code >= 500 && code < 600;
    this.external.count(!isFailure);
    if (!isFailure) {
      this.consecutive5xx = 0;
      this.consecutiveGatewayFailure = 0;
      return;
    }
    if (code < 502 || code > 504) this.consecutiveGatewayFailure = 0;
    else if (++this.consecutiveGatewayFailure === this.settings.consecutiveGatewayFailure) {
      this.owner.onConsecutiveFailures(this, 'CONSECUTIVE_GATEWAY_FAILURE');
    }
    if (++this.consecutive5xx === this.settings.consecutive5xx) {
      this.owner.onConsecutiveFailures(this, 'CONSECUTIVE_5XX');
    }
  }

  private putLocalOrigin(isSuccess: boolean): void {
    this.localOrigin.count(isSuccess);
    if (isSuccess) this.consecutiveLocalOriginFailure = 0;
    else if (++this.consecutiveLocalOriginFailure === this.settings.consecutiveLocalOriginFailure) {
      this.owner.onConsecutiveFailures(this, 'CONSECUTIVE_LOCAL_ORIGIN_FAILURE');
    }
  }

  /** So that the next failures in a row count anew. */
  forget(type: EnforcedType): void {
    if (type === 'CONSECUTIVE_5XX') this.consecutive5xx = 0;
    else if (type === 'CONSECUTIVE_GATEWAY_FAILURE') this.consecutiveGatewayFailure = 0;
    else if (type === 'CONSECUTIVE_LOCAL_ORIGIN_FAILURE') this.consecutiveLocalOriginFailure = 0;
  }

  forgetAll(): void {
    this.consecutive5xx = 0;
    this.consecutiveGatewayFailure = 0;
    this.consecutiveLocalOriginFailure = 0;
  }
}
