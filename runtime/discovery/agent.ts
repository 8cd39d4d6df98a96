/**
 * Registration: the only writer of the catalog. It owns time: a TTL check that nobody reports on becomes critical, others
 * are probed, and a service that stays critical is removed when its check wants that.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timer } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { Catalog, CheckDefinition, CheckStatus, Origin, ServiceDefinition } from './catalog/catalog.js';
import { aliveCheckId, nodeMaintenanceId, serviceMaintenancePrefix, worstStatus } from './catalog/health.js';
import { setLongTimer } from './long-timer.js';
import { startProbing } from './probes/start-probing.js';

/** A service with the checks that came with it. */
export interface Registration {
  readonly service: ServiceDefinition;
  readonly checks: readonly CheckDefinition[];
}

/** What time does to the catalog, as opposed to what clients ask for. */
export type TimedChange =
  | {
      readonly op: 'status';
      readonly id: string;
      readonly status: CheckStatus;
      readonly output: string;
      /** A TTL that ran out after the report of then: a report that came since makes it void. */
      readonly after?: number;
    }
  /** Void when the check is well again. */
  | { readonly op: 'deregister-service'; readonly id: string; readonly whileCritical?: string };

export interface AgentOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly logger?: Pick<Logger, 'info' | 'warning'>;
  /** Where timed changes go, to come back through `apply`. Default: straight there. */
  readonly commit?: (change: TimedChange) => void;
  /** False: timers and probes wait for `start`. Default true. */
  readonly started?: boolean;
}

/** Consul keeps this much of a check's output. */
const maxOutputBytes = 4096;

export class Agent {
  readonly catalog: Catalog;
  readonly #clock: Clock;
  readonly #logger: AgentOptions['logger'];
  readonly #expiry = new Map<string, Timer>();
  readonly #removal = new Map<string, Timer>();
  /** Ends the probing of a check. */
  readonly #probing = new Map<string, () => void>();
  /** Wall time of the last report on a TTL check, which outlives a restart. */
  readonly #reportedAt = new Map<string, number>();
  /** Ids of alias checks. */
  readonly #aliases = new Set<string>();
  readonly #commit: (change: TimedChange) => void;
  #started: boolean;
  #stopAliases: () => void = () => {};

  constructor(options: AgentOptions) {
    this.catalog = options.catalog;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#commit = options.commit ?? ((change) => this.apply(change));
    this.#started = options.started ?? true;
    if (this.#started) this.#watchAliases();
  }

  /**
   * Begins to probe and to count time, after what was known before a restart is back: a TTL check that ran out meanwhile
   * is critical at once, others keep the rest of their time.
   */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const check of this.catalog.checks(this.catalog.node.name)) {
      if (check.origin === 'catalog') continue;
      this.#startTimers(check.id);
      this.#startProbe(check);
    }
    this.#watchAliases();
  }

  /** Makes a timed change. */
  apply(change: TimedChange): void {
    if (change.op === 'deregister-service') {
      const check = change.whileCritical;
      if (check !== undefined && this.catalog.check(check)?.status !== 'critical') return;
      this.deregisterService(change.id);
    } else {
      if (change.after !== undefined && this.#reportedAt.get(change.id) !== change.after) return;
      this.catalog.report(change.id, change.status, change.output);
      this.#watchCritical(change.id);
    }
  }

  /** What of the agent's state is not in the catalog. */
  dump(): readonly (readonly [checkId: string, reportedAt: number])[] {
    return [...this.#reportedAt];
  }

  restore(reportedAt: readonly (readonly [string, number])[]): void {
    this.#reportedAt.clear();
    for (const [id, at] of reportedAt) this.#reportedAt.set(id, at);
  }

  /**
   * Adds or replaces a service. Checks of before that are not named stay, unless `replaceChecks`; those that are named
   * keep their status and start their TTL anew.
   */
  registerService(
    { service, checks }: Registration,
    origin: Origin,
    replaceChecks = false,
    at = this.#clock.wallTime(),
  ): void {
    if (!/^[A-Za-z0-9-]{1,63}$/.test(service.name)) {
      this.#logger?.warning(
        `service name '${service.name}' is no DNS label: some resolvers cannot ask for it`,
      );
    }
    this.catalog.putService(service, origin);
    if (replaceChecks) {
      const named = new Set(checks.map(({ id }) => id));
      for (const check of this.catalog.checksOf(service.id)) {
        if (!named.has(check.id)) this.removeCheck(check.id);
      }
    }
    for (const check of checks) this.registerCheck(check, service.id, origin, at);
  }

  /** @returns false when there is no such service, or when it is not one that may be removed */
  deregisterService(id: string): boolean {
    const service = this.catalog.service(id);
    if (service === undefined || service.origin === 'built-in') return false;
    for (const check of this.catalog.checksOf(id)) this.#stopTimers(check.id);
    return this.catalog.removeService(id);
  }

  /** @param serviceId of a service that is there, or '' for the node */
  registerCheck(
    definition: CheckDefinition,
    serviceId: string,
    origin: Origin = 'api',
    at = this.#clock.wallTime(),
  ): void {
    const before = this.catalog.check(definition.id);
    this.catalog.putCheck(definition, serviceId, origin);
    if (definition.ttlMs !== undefined) this.#reportedAt.set(definition.id, at);
    if (definition.alias !== undefined) this.#mirror(definition.id);
    this.#startTimers(definition.id);
    // The same probe goes on, so that registering often does not mean probing often.
    if (!isDeepStrictEqual(before?.probe, definition.probe)) this.#startProbe(definition);
  }

  removeCheck(id: string): boolean {
    if (id === aliveCheckId) return false;
    this.#stopTimers(id);
    return this.catalog.removeCheck(id);
  }

  /** A report on a TTL check. */
  report(
    id: string,
    status: CheckStatus,
    output: string,
    at = this.#clock.wallTime(),
  ): 'done' | 'unknown' | 'no-ttl' {
    const check = this.catalog.check(id);
    if (check === undefined) return 'unknown';
    if (check.ttlMs === undefined) return 'no-ttl';
    this.catalog.report(id, status, cut(output));
    this.#reportedAt.set(id, at);
    this.#startTimers(id);
    return 'done';
  }

  /** Takes a service out of DNS, or back in. @returns false when there is no such service */
  maintainService(id: string, enable: boolean, reason: string): boolean {
    const service = this.catalog.service(id);
    if (service === undefined || service.origin === 'built-in') return false;
    this.#maintain(
      serviceMaintenancePrefix + id,
      id,
      enable,
      'Service Maintenance Mode',
      reason ||
        'Maintenance mode is enabled for this service, but no reason was provided. This is a default message.',
    );
    return true;
  }

  /** The same for all services. */
  maintainNode(enable: boolean, reason: string): void {
    const notes =
      reason ||
      'Maintenance mode is enabled for this node, but no reason was provided. This is a default message.';
    this.#maintain(nodeMaintenanceId, '', enable, 'Node Maintenance Mode', notes);
  }

  /** Puts the services of the file in the place of those it had before. Equal ones keep the state of their checks. */
  replaceFile(registrations: readonly Registration[]): void {
    const kept = new Set(registrations.map(({ service }) => service.id));
    for (const { service } of this.catalog.services(this.catalog.node.name)) {
      if (service.origin === 'file' && !kept.has(service.id)) this.deregisterService(service.id);
    }
    for (const registration of registrations) this.registerService(registration, 'file', true);
  }

  /** Ends all timers and probes. */
  close(): void {
    for (const stopProbe of this.#probing.values()) stopProbe();
    this.#probing.clear();
    for (const timer of [...this.#expiry.values(), ...this.#removal.values()]) timer.cancel();
    this.#expiry.clear();
    this.#removal.clear();
    this.#stopAliases();
    this.#started = false;
  }

  /** Alias checks follow whatever the others do. */
  #watchAliases(): void {
    this.#stopAliases = this.catalog.onChange(() => {
      for (const id of [...this.#aliases]) this.#mirror(id);
    });
    for (const { id, alias } of this.catalog.checks(this.catalog.node.name)) {
      if (alias !== undefined) this.#mirror(id);
    }
  }

  #mirror(id: string): void {
    const check = this.catalog.check(id);
    if (check?.alias === undefined) {
      this.#aliases.delete(id);
      return;
    }
    this.#aliases.add(id);
    const node = check.alias.node || this.catalog.node.name;
    const { service } = check.alias;
    const seen = [
      ...this.catalog.checksOf('', node),
      ...(service === '' ? [] : this.catalog.checksOf(service, node)),
    ].filter((one) => one.id !== id);
    const exists = service === '' || this.catalog.service(service, node) !== undefined;
    const [status, output]: readonly [CheckStatus, string] = !exists
      ? ['critical', `Service ${service} could not be found on node ${node}`]
      : seen.length === 0
        ? ['passing', 'No checks found.']
        : [worstStatus(seen), seen.find((one) => one.status !== 'passing')?.output ?? 'All checks passing.'];
    // Not a journalled change: it follows from the others.
    if (check.status !== status || check.output !== output) this.catalog.report(id, status, output);
  }

  #maintain(id: string, serviceId: string, enable: boolean, name: string, notes: string): void {
    if (!enable) {
      this.removeCheck(id);
      return;
    }
    // Taken out already: the reason of before stays.
    if (this.catalog.check(id) !== undefined) return;
    const check = { id, name, notes, status: 'critical' as const, type: 'maintenance' };
    this.registerCheck(
      { ...check, ttlMs: undefined, probe: undefined, deregisterAfterMs: undefined },
      serviceId,
    );
  }

  #stopTimers(id: string): void {
    this.#probing.get(id)?.();
    this.#probing.delete(id);
    this.#expiry.get(id)?.cancel();
    this.#removal.get(id)?.cancel();
    this.#expiry.delete(id);
    this.#removal.delete(id);
    this.#reportedAt.delete(id);
  }

  /** A check that starts with a better status than critical has one interval to prove it; others are probed at once. */
  #startProbe({ id, probe, status }: CheckDefinition): void {
    this.#probing.get(id)?.();
    this.#probing.delete(id);
    if (probe === undefined || !this.#started) return;
    const report = (status: CheckStatus | undefined, output: string): void => {
      const before = this.catalog.check(id)?.status;
      if (before === undefined) return;
      const change = { op: 'status', id, status: status ?? before, output: cut(output) } as const;
      // Words alone are not worth remembering.
      if (change.status === before) this.apply(change);
      else this.#commit(change);
    };
    this.#probing.set(
      id,
      startProbing({
        probe,
        clock: this.#clock,
        delayMs: status === 'critical' ? 0 : probe.intervalMs,
        report,
      }),
    );
  }

  /** After each report: the TTL runs anew. */
  #startTimers(id: string): void {
    const ttlMs = this.catalog.check(id)?.ttlMs;
    this.#expiry.get(id)?.cancel();
    this.#expiry.delete(id);
    if (ttlMs !== undefined && this.#started) {
      const since = this.#clock.wallTime() - (this.#reportedAt.get(id) ?? this.#clock.wallTime());
      // A clock that was set back must not prolong it.
      const left = ttlMs - Math.max(0, since);
      if (left <= 0) this.#expire(id);
      else
        this.#expiry.set(
          id,
          setLongTimer(this.#clock, left, () => this.#expire(id)),
        );
    }
    this.#watchCritical(id);
  }

  /** The removal runs on while the check stays critical. */
  #watchCritical(id: string): void {
    if (!this.#started) return;
    const check = this.catalog.check(id);
    if (check?.status !== 'critical' || check.deregisterAfterMs === undefined || check.serviceId === '') {
      this.#removal.get(id)?.cancel();
      this.#removal.delete(id);
    } else if (!this.#removal.has(id)) {
      this.#removal.set(
        id,
        setLongTimer(this.#clock, check.deregisterAfterMs, () => this.#reap(id)),
      );
    }
  }

  #expire(id: string): void {
    this.#expiry.delete(id);
    if (this.catalog.check(id)?.status === 'critical') return;
    this.#logger?.warning(`check '${id}' missed its TTL, is now critical`);
    const after = this.#reportedAt.get(id);
    const since = after === undefined ? {} : { after };
    this.#commit({ op: 'status', id, status: 'critical', output: 'TTL expired', ...since });
  }

  #reap(id: string): void {
    this.#removal.delete(id);
    const check = this.catalog.check(id);
    if (check === undefined || check.status !== 'critical') return;
    this.#logger?.info(`check '${id}' is critical for too long, service '${check.serviceId}' is removed`);
    this.#commit({ op: 'deregister-service', id: check.serviceId, whileCritical: id });
  }
}

function cut(output: string): string {
  const octets = Buffer.from(output, 'utf8');
  return octets.length <= maxOutputBytes ? output : octets.toString('utf8', 0, maxOutputBytes);
}
