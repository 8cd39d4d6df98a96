import { isDeepStrictEqual } from 'node:util';
import type {
  Catalog,
  CatalogNode,
  Check,
  CheckDefinition,
  CheckedService,
  CheckStatus,
  Origin,
  Service,
  ServiceDefinition,
} from './catalog.js';

export interface CatalogOptions {
  readonly node: Omit<CatalogNode, 'createIndex' | 'modifyIndex'>;
  /**
   * Index before the first change, at least 1. A restart should start above where it ended, because clients wait for an
   * index above the one they know.
   */
  readonly firstIndex?: number;
}

/** Entries by a key that several share; each keeps the place of its first appearance. */
class Groups<T extends { readonly id: string }> {
  readonly #groups = new Map<string, Map<string, T>>();

  of(key: string): Iterable<T> {
    return this.#groups.get(key)?.values() ?? [];
  }

  put(key: string, entry: T): void {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Map();
      this.#groups.set(key, group);
    }
    group.set(entry.id, entry);
  }

  /** @returns whether the key has others left */
  delete(key: string, id: string): boolean {
    const group = this.#groups.get(key);
    group?.delete(id);
    if (group === undefined || group.size > 0) return group !== undefined;
    this.#groups.delete(key);
    return false;
  }
}

class MemoryCatalog implements Catalog {
  readonly node: CatalogNode;
  index: number;
  servicesIndex: number;
  readonly #services = new Map<string, Service>();
  readonly #checks = new Map<string, Check>();
  /** The same by lower-case name, and by service id ('' for the node): a look-up costs what it finds. */
  readonly #named = new Groups<Service>();
  readonly #checksOf = new Groups<Check>();
  /** By lower-case name. */
  readonly #indexes = new Map<string, number>();
  #removalIndex: number;
  readonly #listeners = new Set<() => void>();

  constructor(options: CatalogOptions) {
    this.index = Math.max(1, options.firstIndex ?? 1);
    this.servicesIndex = this.index;
    this.#removalIndex = this.index;
    this.node = { ...options.node, createIndex: this.index, modifyIndex: this.index };
  }

  indexOf(serviceName: string): number {
    return this.#indexes.get(serviceName.toLowerCase()) ?? this.#removalIndex;
  }

  service(id: string): Service | undefined {
    return this.#services.get(id);
  }

  check(id: string): Check | undefined {
    return this.#checks.get(id);
  }

  services(): readonly CheckedService[] {
    return [...this.#services.values()].map((service) => this.#checked(service));
  }

  instances(serviceName: string): readonly CheckedService[] {
    const found: CheckedService[] = [];
    for (const service of this.#named.of(serviceName.toLowerCase())) found.push(this.#checked(service));
    return found;
  }

  checks(): readonly Check[] {
    return [...this.#checks.values()];
  }

  putService(definition: ServiceDefinition, origin: Origin): void {
    const before = this.#services.get(definition.id);
    if (before !== undefined) {
      const { createIndex, modifyIndex, ...known } = before;
      if (isDeepStrictEqual(known, { ...definition, origin })) return;
    }
    const index = this.#raise();
    this.servicesIndex = index;
    const key = definition.name.toLowerCase();
    if (before !== undefined && before.name.toLowerCase() !== key) this.#forget(before);
    const service = { ...definition, origin, createIndex: before?.createIndex ?? index, modifyIndex: index };
    this.#services.set(service.id, service);
    this.#named.put(key, service);
    this.#indexes.set(key, index);
    for (const check of this.#checksOf.of(service.id)) {
      const serviceFields = { serviceName: definition.name, serviceTags: definition.tags };
      this.#setCheck({ ...check, ...serviceFields, modifyIndex: index });
    }
    this.#tell();
  }

  removeService(id: string): boolean {
    const service = this.#services.get(id);
    if (service === undefined) return false;
    this.servicesIndex = this.#raise();
    this.#services.delete(id);
    for (const check of this.#checksOf.of(id)) this.#deleteCheck(check);
    this.#forget(service);
    this.#tell();
    return true;
  }

  putCheck(definition: CheckDefinition, serviceId: string): void {
    const service = this.#services.get(serviceId);
    if (service === undefined && serviceId !== '') throw new RangeError(`there is no service '${serviceId}'`);
    const before = this.#checks.get(definition.id);
    const check = {
      ...definition,
      status: before?.status ?? definition.status,
      output: before?.output ?? '',
      serviceId,
      serviceName: service?.name ?? '',
      serviceTags: service?.tags ?? [],
    };
    if (before !== undefined) {
      const { createIndex, modifyIndex, ...known } = before;
      if (isDeepStrictEqual(known, check)) return;
    }
    const index = this.#raise();
    if (before !== undefined && before.serviceId !== serviceId) {
      this.#deleteCheck(before);
      this.#touch(before.serviceId);
    }
    this.#setCheck({ ...check, createIndex: before?.createIndex ?? index, modifyIndex: index });
    this.#touch(serviceId);
    this.#tell();
  }

  removeCheck(id: string): boolean {
    const check = this.#checks.get(id);
    if (check === undefined) return false;
    this.#raise();
    this.#deleteCheck(check);
    this.#touch(check.serviceId);
    this.#tell();
    return true;
  }

  report(id: string, status: CheckStatus, output: string): boolean {
    const before = this.#checks.get(id);
    if (before === undefined) return false;
    if (before.status === status) {
      if (before.output !== output) this.#setCheck({ ...before, output });
      return true;
    }
    this.#setCheck({ ...before, status, output, modifyIndex: this.#raise() });
    this.#touch(before.serviceId);
    this.#tell();
    return true;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #checked(service: Service): CheckedService {
    return { service, checks: [...this.#checksOf.of(''), ...this.#checksOf.of(service.id)] };
  }

  #setCheck(check: Check): void {
    this.#checks.set(check.id, check);
    this.#checksOf.put(check.serviceId, check);
  }

  #deleteCheck(check: Check): void {
    this.#checks.delete(check.id);
    this.#checksOf.delete(check.serviceId, check.id);
  }

  #raise(): number {
    this.index++;
    return this.index;
  }

  /** A name lost an instance: it keeps an index of its own as long as there are others. */
  #forget({ id, name }: Service): void {
    const key = name.toLowerCase();
    if (this.#named.delete(key, id)) {
      this.#indexes.set(key, this.index);
    } else {
      this.#indexes.delete(key);
      this.#removalIndex = this.index;
    }
  }

  /** A check changed: so did what a look-up of its service sees; one of the node counts for all services. */
  #touch(serviceId: string): void {
    if (serviceId === '') {
      for (const name of this.#indexes.keys()) this.#indexes.set(name, this.index);
      return;
    }
    const service = this.#services.get(serviceId);
    if (service !== undefined) this.#indexes.set(service.name.toLowerCase(), this.index);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** An empty catalog in memory. */
export function createCatalog(options: CatalogOptions): Catalog {
  return new MemoryCatalog(options);
}
