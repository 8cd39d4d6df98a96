/**
 * Registration: the only writer of the catalog. It owns time: a TTL check that nobody reports on becomes critical, others
 * are probed, and a service that stays critical is removed when its check wants that.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timer } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { Catalog, CheckDefinition, CheckStatus, Origin, ServiceDefinition } from './catalog/catalog.js';
import { aliveCheckId, nodeMaintenanceId, serviceMaintenancePrefix } from './catalog/health.js';
import { startProbing } from './probes/start-probing.js';

/** A service with the checks that came with it. */
export interface Registration {
  readonly service: ServiceDefinition;
  readonly checks: readonly CheckDefinition[];
}

export interface AgentOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly logger?: Pick<Logger, 'info' | 'warning'>;
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

  constructor(options: AgentOptions) {
    this.catalog = options.catalog;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /**
   * Adds or replaces a service. Checks of before that are not named stay, unless `replaceChecks`; those that are named
   * keep their status and start their TTL anew.
   */
  registerService({ service, checks }: Registration, origin: Origin, replaceChecks = false): void {
    if (!/^[A-Za-z0-9-]{1,63}$/.test(service.name)) {
      this.#logger?.warning(
        `service name '${service.name}' is no DNS label: some resolvers cannot ask for it`,
      );
    }
    this.catalog.putService(service, origin);
    if (replaceChecks) {
      const named = new Set(checks.map(({ id }) => id));
      for (const check of this.catalog.checks()) {
        if (check.serviceId === service.id && !named.has(check.id)) this.removeCheck(check.id);
      }
    }
    for (const check of checks) this.registerCheck(check, service.id);
  }

  /** @returns false when there is no such service, or when it is not one that may be removed */
  deregisterService(id: string): boolean {
    const service = this.catalog.service(id);
    if (service === undefined || service.origin === 'built-in') return false;
    for (const check of this.catalog.checks()) if (check.serviceId === id) this.#stopTimers(check.id);
    return this.catalog.removeService(id);
  }

  /** @param serviceId of a service that is there, or '' for the node */
  registerCheck(definition: CheckDefinition, serviceId: string): void {
    const before = this.catalog.check(definition.id);
    this.catalog.putCheck(definition, serviceId);
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
  report(id: string, status: CheckStatus, output: string): 'done' | 'unknown' | 'no-ttl' {
    const check = this.catalog.check(id);
    if (check === undefined) return 'unknown';
    if (check.ttlMs === undefined) return 'no-ttl';
    this.catalog.report(id, status, cut(output));
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
      reason || 'Taken out of service; no reason was given.',
    );
    return true;
  }

  /** The same for all services. */
  maintainNode(enable: boolean, reason: string): void {
    const notes = reason || 'Node taken out of service; no reason was given.';
    this.#maintain(nodeMaintenanceId, '', enable, 'Node Maintenance Mode', notes);
  }

  /** Puts the services of the file in the place of those it had before. Equal ones keep the state of their checks. */
  replaceFile(registrations: readonly Registration[]): void {
    const kept = new Set(registrations.map(({ service }) => service.id));
    for (const { service } of this.catalog.services()) {
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
  }

  #maintain(id: string, serviceId: string, enable: boolean, name: string, notes: string): void {
    if (!enable) {
      this.removeCheck(id);
      return;
    }
    const check = { id, name, notes, status: 'critical' as const };
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
  }

  /** A check that starts with a better status than critical has one interval to prove it; others are probed at once. */
  #startProbe({ id, probe, status }: CheckDefinition): void {
    this.#probing.get(id)?.();
    this.#probing.delete(id);
    if (probe === undefined) return;
    const report = (status: CheckStatus | undefined, output: string): void => {
      const now = status ?? this.catalog.check(id)?.status;
      if (now === undefined) return;
      this.catalog.report(id, now, cut(output));
      this.#watchCritical(id);
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
    if (ttlMs !== undefined) {
      this.#expiry.set(
        id,
        this.#clock.setTimer(ttlMs, () => this.#expire(id)),
      );
    }
    this.#watchCritical(id);
  }

  /** The removal runs on while the check stays critical. */
  #watchCritical(id: string): void {
    const check = this.catalog.check(id);
    if (check?.status !== 'critical' || check.deregisterAfterMs === undefined || check.serviceId === '') {
      this.#removal.get(id)?.cancel();
      this.#removal.delete(id);
    } else if (!this.#removal.has(id)) {
      this.#removal.set(
        id,
        this.#clock.setTimer(check.deregisterAfterMs, () => this.#reap(id)),
      );
    }
  }

  #expire(id: string): void {
    this.#expiry.delete(id);
    this.#logger?.warning(`check '${id}' missed its TTL, is now critical`);
    this.catalog.report(id, 'critical', 'TTL expired');
    this.#watchCritical(id);
  }

  #reap(id: string): void {
    this.#removal.delete(id);
    const check = this.catalog.check(id);
    if (check === undefined || check.status !== 'critical') return;
    this.#logger?.info(`check '${id}' is critical for too long, service '${check.serviceId}' is removed`);
    this.deregisterService(check.serviceId);
  }
}

function cut(output: string): string {
  const octets = Buffer.from(output, 'utf8');
  return octets.length <= maxOutputBytes ? output : octets.toString('utf8', 0, maxOutputBytes);
}
