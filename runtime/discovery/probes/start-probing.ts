/**
 * Probing of one check: again and again, one at a time, results in a row deciding about the status.
 */
import type { Clock, Timer } from '../../common/clock.js';
import type { CheckStatus, ProbeDefinition } from '../catalog/catalog.js';
import { setLongTimer } from '../long-timer.js';
import { probeGrpc } from './grpc-probe.js';
import { probeHttp } from './http-probe.js';
import { probeTcp } from './tcp-probe.js';

/** What one probe found out. */
export interface ProbeResult {
  readonly status: CheckStatus;
  readonly output: string;
}

/**
 * Probes once. `done` is called once, unless it is cancelled before; never by the call itself.
 * @returns a function that cancels it
 */
export type ProbeOnce = (done: (result: ProbeResult) => void) => () => void;

export interface ProbingOptions {
  readonly probe: ProbeDefinition;
  readonly clock: Clock;
  /** Before the first probe, default 0. */
  readonly delayMs?: number;
  /** Called after each probe; without status when it is not to change yet. */
  report(status: CheckStatus | undefined, output: string): void;
}

function onceOf({ target }: ProbeDefinition): ProbeOnce {
  switch (target.kind) {
    case 'http':
      return (done) => probeHttp(target, done);
    case 'tcp':
      return (done) => probeTcp(target, done);
    case 'grpc':
      return (done) => probeGrpc(target, done);
  }
}

/** Counts as a Consul agent does: warnings are successes, and the first result counts whatever the thresholds are. */
class Streak {
  #successes: number;
  #failures: number;
  readonly #probe: ProbeDefinition;

  constructor(probe: ProbeDefinition) {
    this.#probe = probe;
    this.#successes = probe.successBeforePassing;
    this.#failures = probe.failuresBeforeCritical;
  }

  next(status: CheckStatus): CheckStatus | undefined {
    const { successBeforePassing, failuresBeforeWarning, failuresBeforeCritical } = this.#probe;
    if (status !== 'critical') {
      this.#successes++;
      this.#failures = 0;
      return this.#successes >= successBeforePassing ? status : undefined;
    }
    this.#failures++;
    this.#successes = 0;
    if (this.#failures >= failuresBeforeCritical) return 'critical';
    return this.#failures >= failuresBeforeWarning ? 'warning' : undefined;
  }
}

/** @returns a function that ends it */
export function startProbing({ probe, clock, delayMs = 0, report }: ProbingOptions): () => void {
  const once = onceOf(probe);
  const streak = new Streak(probe);
  let timer: Timer;
  let cancel: () => void = () => {};
  const run = (): void => {
    const finish = ({ status, output }: ProbeResult): void => {
      timer.cancel();
      cancel = () => {};
      timer = setLongTimer(clock, probe.intervalMs, run);
      report(streak.next(status), output);
    };
    timer = setLongTimer(clock, probe.timeoutMs, () => {
      cancel();
      finish({ status: 'critical', output: `no answer within ${probe.timeoutMs} ms` });
    });
    try {
      cancel = once(finish);
    } catch (error) {
      // What cannot even be asked for (a host that is none) is unwell, and no reason for the agent to end.
      finish({ status: 'critical', output: (error as Error).message });
    }
  };
  if (delayMs > 0) timer = setLongTimer(clock, delayMs, run);
  else run();
  return () => {
    timer.cancel();
    cancel();
  };
}
