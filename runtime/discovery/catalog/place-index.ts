/**
 * Who is where: services by address, nodes by address and id. One question of DNS must not cost a walk over all of them.
 */
import type { CatalogNode, Service } from './catalog.js';

/** An instance among those of all nodes. */
export function instanceKey(node: string, id: string): string {
  return `${node.toLowerCase()}\0${id}`;
}

export class PlaceIndex {
  /** Names by instance, by address. */
  readonly #servicesAt = new Map<string, Map<string, string>>();
  /** Names in lower case, by address. */
  readonly #nodesAt = new Map<string, Set<string>>();
  readonly #nodeIds = new Map<string, string>();

  /** Name in lower case of the first node at an address. */
  nodeAt(address: string): string | undefined {
    const names = this.#nodesAt.get(address);
    return names === undefined ? undefined : [...names].sort()[0];
  }

  nodeWithId(id: string): string | undefined {
    return this.#nodeIds.get(id);
  }

  /** Name of the service that came first of those at an address. */
  serviceAt(address: string): string | undefined {
    const [name] = this.#servicesAt.get(address)?.values() ?? [];
    return name;
  }

  addNode({ address, id, name }: CatalogNode): void {
    const key = name.toLowerCase();
    if (id !== '') this.#nodeIds.set(id, key);
    const there = this.#nodesAt.get(address);
    if (there === undefined) this.#nodesAt.set(address, new Set([key]));
    else there.add(key);
  }

  removeNode({ address, id, name }: CatalogNode): void {
    const key = name.toLowerCase();
    if (this.#nodeIds.get(id) === key) this.#nodeIds.delete(id);
    const there = this.#nodesAt.get(address);
    there?.delete(key);
    if (there?.size === 0) this.#nodesAt.delete(address);
  }

  addService({ address, id, name, node }: Service): void {
    if (address === '') return;
    const there = this.#servicesAt.get(address) ?? new Map<string, string>();
    there.set(instanceKey(node, id), name);
    this.#servicesAt.set(address, there);
  }

  removeService({ address, id, node }: Service): void {
    const there = this.#servicesAt.get(address);
    there?.delete(instanceKey(node, id));
    if (there?.size === 0) this.#servicesAt.delete(address);
  }

  clear(): void {
    this.#servicesAt.clear();
    this.#nodesAt.clear();
    this.#nodeIds.clear();
  }
}
