/** Probes that answer when the test says so. */
import type {
  HealthProbe,
  HealthProbeFactory,
  ProbeCallbacks,
} from '../../../../runtime/upstream/health-checking/health-checker.js';
import type { Host } from '../../../../runtime/upstream/host/host.js';

export class ScriptedProbe implements HealthProbe {
  readonly host: () => Host;
  /** What the session is told by. */
  readonly session: ProbeCallbacks;
  checks = 0;
  abandoned = 0;
  closed = false;

  constructor(host: () => Host, session: ProbeCallbacks) {
    this.host = host;
    this.session = session;
  }

  check(): void {
    this.checks++;
  }

  abandon(): void {
    this.abandoned++;
  }

  close(): void {
    this.closed = true;
  }

  good(degraded = false): void {
    this.session.onSuccess(degraded);
  }

  /** A bad answer. */
  bad(): void {
    this.session.onFailure('ACTIVE', false, 503);
  }

  /** A connection that cannot be made. */
  refused(): void {
    this.session.onFailure('NETWORK', false, 0);
  }
}

export class ScriptedProbes {
  readonly all: ScriptedProbe[] = [];
  readonly create: HealthProbeFactory = (host, session) => {
    const probe = new ScriptedProbe(host, session);
    this.all.push(probe);
    return probe;
  };

  /** The newest one of a host. */
  of(addressText: string): ScriptedProbe {
    const found = this.all.filter((probe) => probe.host().addressText === addressText).at(-1);
    if (found === undefined) throw new Error(`${addressText} is not checked`);
    return found;
  }

  /** Those that are not closed. */
  get open(): readonly ScriptedProbe[] {
    return this.all.filter(({ closed }) => !closed);
  }
}
