import { isDeepStrictEqual } from 'node:util';
import type {
  Catalog,
  CatalogDump,
  CatalogNode,
  Check,
  CheckDefinition,
  CheckedService,
  CheckStatus,
  NodeDefinition,
  Origin,
  Service,
  ServiceDefinition,
} from './catalog.js';

import { NodeEntry } from './node-entry.js';
import { instanceKey, PlaceIndex } from './place-index.js';

export interface CatalogOptions {
  /** The node that this service runs on. */
  readonly node: Omit<CatalogNode, 'createIndex' | 'modifyIndex' | 'taggedAddresses'> &
    Partial<Pick<CatalogNode, 'taggedAddresses'>>;
  /**
   * Index before the first change, at least 1. A restart should start above where it ended, because clients wait for an
   * index above the one they know.
   */
  readonly firstIndex?: number;
}

/** Instances of one name, in the order in which they came. */
class NamedServices {
  /** As the first one wrote it. */
  readonly name: string;
  readonly instances = new Map<string, readonly [NodeEntry, string]>();

  constructor(name: string) {
    this.name = name;
  }
}

class MemoryCatalog implements Catalog {
  index: number;
  servicesIndex: number;
  nodesIndex: number;
  checksIndex: number;
  readonly #self: string;
  readonly #nodes = new Map<string, NodeEntry>();
  /** By lower-case name. */
  readonly #named = new Map<string, NamedServices>();
  readonly #places = new PlaceIndex();
  readonly #indexes = new Map<string, number>();
  #removalIndex: number;
  readonly #listeners = new Set<() => void>();

  constructor(options: CatalogOptions) {
    this.index = Math.max(1, options.firstIndex ?? 1);
    this.servicesIndex = this.index;
    this.nodesIndex = this.index;
    this.checksIndex = this.index;
    this.#removalIndex = this.index;
    this.#self = options.node.name.toLowerCase();
    const node = {
      taggedAddresses: null,
      ...options.node,
      createIndex: this.index,
      modifyIndex: this.index,
    };
    this.#addNode(new NodeEntry(node));
  }

  get node(): CatalogNode {
    return this.#entry().node;
  }

  indexOf(serviceName: string): number {
    return this.#indexes.get(serviceName.toLowerCase()) ?? this.#removalIndex;
  }

  nodes(): readonly CatalogNode[] {
    return [...this.#nodes].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry.node);
  }

  findNode(nameOrId: string): CatalogNode | undefined {
    const byName = this.#nodes.get(nameOrId.toLowerCase());
    if (byName !== undefined) return byName.node;
    return nameOrId === '' ? undefined : this.#byId(nameOrId)?.node;
  }

  service(id: string, node?: string): Service | undefined {
    return this.#find(node)?.services.get(id);
  }

  check(id: string, node?: string): Check | undefined {
    return this.#find(node)?.checks.get(id);
  }

  services(node?: string): readonly CheckedService[] {
    const found: CheckedService[] = [];
    for (const entry of this.#entries(node)) {
      for (const service of entry.services.values()) found.push(entry.checked(service));
    }
    return found;
  }

  instances(serviceName: string): readonly CheckedService[] {
    const found: CheckedService[] = [];
    const named = this.#named.get(serviceName.toLowerCase());
    if (named === undefined) return found;
    for (const [entry, id] of named.instances.values()) {
      found.push(entry.checked(entry.services.get(id) as Service));
    }
    return found;
  }

  *serviceNames(): Iterable<string> {
    for (const { name } of this.#named.values()) yield name;
  }

  checksOf(serviceId: string, node?: string): readonly Check[] {
    return [...(this.#find(node)?.checksOf(serviceId).values() ?? [])];
  }

  at(address: string): { readonly kind: 'node' | 'service'; readonly name: string } | undefined {
    const nodeKey = this.#places.nodeAt(address);
    const node = nodeKey === undefined ? undefined : this.#nodes.get(nodeKey);
    if (node !== undefined) return { kind: 'node', name: node.node.name };
    const name = this.#places.serviceAt(address);
    return name === undefined ? undefined : { kind: 'service', name };
  }

  checks(node?: string): readonly Check[] {
    return this.#entries(node).flatMap((entry) => [...entry.checks.values()]);
  }

  putNode(definition: NodeDefinition): void {
    const key = definition.name.toLowerCase();
    const same = definition.id === '' ? undefined : this.#byId(definition.id);
    const before = this.#nodes.get(key) ?? same;
    if (before !== undefined) {
      const { createIndex, modifyIndex, datacenter, ...known } = before.node;
      if (isDeepStrictEqual(known, definition)) return;
    }
    const index = this.raise();
    this.nodesIndex = index;
    const { datacenter } = this.node;
    const node = {
      ...definition,
      datacenter,
      createIndex: before?.node.createIndex ?? index,
      modifyIndex: index,
    };
    if (before === undefined) this.#addNode(new NodeEntry(node));
    else if (before.node.name.toLowerCase() === key) {
      this.#places.removeNode(before.node);
      before.node = node;
      this.#addNode(before);
    } else {
      // The id moved to another name: what was on the old one is gone with it, as in Consul.
      this.#drop(before);
      this.#addNode(new NodeEntry(node));
    }
    for (const { name } of this.#nodes.get(key)?.services.values() ?? []) {
      this.#indexes.set(name.toLowerCase(), index);
    }
    this.tell();
  }

  removeNode(name: string): boolean {
    const key = name.toLowerCase();
    const entry = this.#nodes.get(key);
    if (entry === undefined || key === this.#self) return false;
    this.nodesIndex = this.raise();
    this.#drop(entry);
    this.tell();
    return true;
  }

  putService(definition: ServiceDefinition, origin: Origin, node?: string): void {
    const entry = this.#entry(node);
    const before = entry.services.get(definition.id);
    if (before !== undefined) {
      const { createIndex, modifyIndex, node: _, ...known } = before;
      if (isDeepStrictEqual(known, { ...definition, origin })) return;
    }
    const index = this.raise();
    this.servicesIndex = index;
    const key = definition.name.toLowerCase();
    if (before !== undefined && before.name.toLowerCase() !== key) this.#forget(entry, before);
    const service = {
      ...definition,
      origin,
      node: entry.node.name,
      createIndex: before?.createIndex ?? index,
      modifyIndex: index,
    };
    this.#addService(entry, service);
    this.#indexes.set(key, index);
    for (const check of entry.checksOf(service.id).values()) {
      const serviceFields = { serviceName: definition.name, serviceTags: definition.tags };
      entry.setCheck({ ...check, ...serviceFields, modifyIndex: index });
      this.checksIndex = index;
    }
    this.tell();
  }

  setTags(id: string, tags: readonly string[], node?: string): void {
    const service = this.service(id, node);
    if (service === undefined) return;
    const { createIndex, modifyIndex, node: name, origin, ...definition } = service;
    this.putService({ ...definition, tags }, origin, name);
  }

  removeService(id: string, node?: string): boolean {
    const entry = this.#find(node);
    const service = entry?.services.get(id);
    if (entry === undefined || service === undefined) return false;
    this.servicesIndex = this.raise();
    entry.services.delete(id);
    for (const check of [...entry.checksOf(id).values()]) {
      entry.deleteCheck(check);
      this.checksIndex = this.index;
    }
    this.#forget(entry, service);
    this.tell();
    return true;
  }

  putCheck(definition: CheckDefinition, serviceId: string, origin: Origin = 'api', node?: string): void {
    const entry = this.#entry(node);
    const service = entry.services.get(serviceId);
    if (service === undefined && serviceId !== '') throw new RangeError(`there is no service '${serviceId}'`);
    const before = entry.checks.get(definition.id);
    const check = {
      ...definition,
      status: before?.status ?? definition.status,
      output: before?.output ?? '',
      serviceId,
      serviceName: service?.name ?? '',
      serviceTags: service?.tags ?? [],
      node: entry.node.name,
      origin,
    };
    if (before !== undefined) {
      const { createIndex, modifyIndex, ...known } = before;
      if (isDeepStrictEqual(known, check)) return;
    }
    const index = this.raise();
    this.checksIndex = index;
    if (before !== undefined && before.serviceId !== serviceId) {
      entry.deleteCheck(before);
      this.#touch(entry, before.serviceId);
    }
    entry.setCheck({ ...check, createIndex: before?.createIndex ?? index, modifyIndex: index });
    this.#touch(entry, serviceId);
    this.tell();
  }

  removeCheck(id: string, node?: string): boolean {
    const entry = this.#find(node);
    const check = entry?.checks.get(id);
    if (entry === undefined || check === undefined) return false;
    this.checksIndex = this.raise();
    entry.deleteCheck(check);
    this.#touch(entry, check.serviceId);
    this.tell();
    return true;
  }

  report(id: string, status: CheckStatus, output: string, node?: string): boolean {
    const entry = this.#find(node);
    const before = entry?.checks.get(id);
    if (entry === undefined || before === undefined) return false;
    if (before.status === status) {
      if (before.output !== output) entry.setCheck({ ...before, output });
      return true;
    }
    this.checksIndex = this.raise();
    entry.setCheck({ ...before, status, output, modifyIndex: this.index });
    this.#touch(entry, before.serviceId);
    this.tell();
    return true;
  }

  raise(): number {
    this.index++;
    return this.index;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  dump(): CatalogDump {
    return {
      index: this.index,
      servicesIndex: this.servicesIndex,
      nodesIndex: this.nodesIndex,
      checksIndex: this.checksIndex,
      removalIndex: this.#removalIndex,
      indexes: [...this.#indexes],
      nodes: [...this.#nodes.values()].map(({ node, services, checks }) => ({
        node,
        services: [...services.values()],
        checks: [...checks.values()],
      })),
    };
  }

  restore(dump: CatalogDump): void {
    const own = this.node;
    this.#nodes.clear();
    this.#places.clear();
    this.#named.clear();
    this.#indexes.clear();
    this.index = dump.index;
    this.servicesIndex = dump.servicesIndex;
    this.nodesIndex = dump.nodesIndex;
    this.checksIndex = dump.checksIndex;
    this.#removalIndex = dump.removalIndex;
    for (const [name, index] of dump.indexes) this.#indexes.set(name, index);
    for (const { node, services, checks } of dump.nodes) {
      const entry = new NodeEntry(node);
      this.#addNode(entry);
      for (const service of services) this.#addService(entry, service);
      for (const check of checks) entry.setCheck(check);
    }
    // Who we are is told by the options of this start, not by those of an earlier one.
    const known = this.#nodes.get(this.#self);
    if (known === undefined) this.#addNode(new NodeEntry(own));
    else {
      this.#places.removeNode(known.node);
      known.node = { ...own, createIndex: known.node.createIndex, modifyIndex: known.node.modifyIndex };
      this.#addNode(known);
    }
  }

  #find(node?: string): NodeEntry | undefined {
    return this.#nodes.get(node === undefined ? this.#self : node.toLowerCase());
  }

  #entry(node?: string): NodeEntry {
    const entry = this.#find(node);
    if (entry === undefined) throw new RangeError(`there is no node '${node}'`);
    return entry;
  }

  #entries(node?: string): NodeEntry[] {
    if (node === undefined) return [...this.#nodes.values()];
    const entry = this.#find(node);
    return entry === undefined ? [] : [entry];
  }

  #byId(id: string): NodeEntry | undefined {
    const key = this.#places.nodeWithId(id);
    return key === undefined ? undefined : this.#nodes.get(key);
  }

  #addNode(entry: NodeEntry): void {
    this.#nodes.set(entry.node.name.toLowerCase(), entry);
    this.#places.addNode(entry.node);
  }

  #addService(entry: NodeEntry, service: Service): void {
    const before = entry.services.get(service.id);
    if (before !== undefined && before.address !== service.address) this.#places.removeService(before);
    entry.services.set(service.id, service);
    this.#places.addService(service);
    const key = service.name.toLowerCase();
    let named = this.#named.get(key);
    if (named === undefined) {
      named = new NamedServices(service.name);
      this.#named.set(key, named);
    }
    named.instances.set(instanceKey(entry.node.name, service.id), [entry, service.id]);
  }

  /** Takes a node out with all that is on it. */
  #drop(entry: NodeEntry): void {
    this.checksIndex = this.index;
    if (entry.services.size > 0) this.servicesIndex = this.index;
    for (const service of entry.services.values()) this.#forget(entry, service);
    this.#nodes.delete(entry.node.name.toLowerCase());
    this.#places.removeNode(entry.node);
  }

  /** A name lost an instance: it keeps an index of its own as long as there are others. */
  #forget(entry: NodeEntry, service: Service): void {
    const { id, name } = service;
    this.#places.removeService(service);
    const key = name.toLowerCase();
    const named = this.#named.get(key);
    named?.instances.delete(instanceKey(entry.node.name, id));
    if (named !== undefined && named.instances.size > 0) {
      this.#indexes.set(key, this.index);
    } else {
      this.#named.delete(key);
      this.#indexes.delete(key);
      this.#removalIndex = this.index;
    }
  }

  /** A check changed: so did what a look-up of its service sees; one of the node counts for all services on it. */
  #touch(entry: NodeEntry, serviceId: string): void {
    if (serviceId === '') {
      for (const { name } of entry.services.values()) this.#indexes.set(name.toLowerCase(), this.index);
      return;
    }
    const service = entry.services.get(serviceId);
    if (service !== undefined) this.#indexes.set(service.name.toLowerCase(), this.index);
  }

  tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** An empty catalog in memory. */
export function createCatalog(options: CatalogOptions): Catalog {
  return new MemoryCatalog(options);
}
