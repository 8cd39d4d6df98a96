/**
 * The contract of active health checking: a checker keeps a session for each host, and each session asks its host by a
 * probe of HTTP, TCP or gRPC.
 *
 *     cluster -> HealthChecker -> HealthCheckSession (thresholds, intervals, flags) -> HealthProbe -> host
 *                              <- onCheck
 */
import type { Host } from '../host/host.js';
import type { HostHealth } from '../host/host-health.js';

/** `HealthCheckerType`, as the event log says it. */
export type HealthCheckerType = 'HTTP' | 'TCP' | 'GRPC';

/** `HealthCheckFailureType`. Those of the network count up to the threshold, the others fail a host at once. */
export type HealthCheckFailureType = 'ACTIVE' | 'PASSIVE' | 'NETWORK' | 'NETWORK_TIMEOUT';

/** What a check did to a host: nothing, a change of its state, or a step towards one (a threshold is not reached). */
export type HealthTransition = 'unchanged' | 'changed' | 'change pending';

/** What a probe tells its session, at most once for each `check`. */
export interface ProbeCallbacks {
  onSuccess(degraded: boolean): void;
  /**
   * @param retriable counts to the threshold, whatever the type
   * @param httpStatus 0 when there is none
   */
  onFailure(type: HealthCheckFailureType, retriable: boolean, httpStatus: number): void;
  /** `x-envoy-immediate-health-check-fail` stood in the failure that is told next. */
  onImmediateFail(): void;
}

/** Asks one host. */
export interface HealthProbe {
  check(): void;
  /** The time is over: what comes for the check under way is not told any more. */
  abandon(): void;
  /** The session is over. */
  close(): void;
}

/** @param host the host's newest snapshot, each time that a connection is made */
export type HealthProbeFactory = (host: () => Host, callbacks: ProbeCallbacks) => HealthProbe;

/** How far the checks of a host are; passed on to the next generation of the configuration. */
export interface SessionState {
  /** No check has ended yet. */
  readonly firstCheck: boolean;
  readonly numHealthy: number;
  readonly numUnhealthy: number;
  /** Monotonic milliseconds of the next check. */
  readonly dueAt: number;
}

export interface HealthCheckerCallbacks {
  /** A check has ended and was taken into account. */
  onCheck(host: Host, transition: HealthTransition, passed: boolean): void;
}

export interface HealthChecker {
  /**
   * The hosts that there are now. New ones are checked from now on, checks of others end.
   * @param waits those that are not checked before `start`: the generation before does it
   */
  update(hosts: readonly Host[], waits: (host: Host) => boolean): void;
  /** A host goes on where the checker of the generation before is with it. Before `start`. */
  takeOver(health: HostHealth, before: HealthChecker | undefined, beforeHealth: HostHealth): void;
  /** Checks those that wait as well. */
  start(): void;
  /** How far each of the checks of a host is; undefined for one that is not checked. */
  stateOf(health: HostHealth): readonly SessionState[] | undefined;
  /** Resolves when each host that does not wait was checked once, or has left; never rejects. */
  readonly firstRound: Promise<void>;
  stop(): void;
}
