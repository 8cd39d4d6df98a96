import type { CatalogNode, Check, CheckedService, Service } from './catalog.js';

const noChecks: ReadonlyMap<string, Check> = new Map();

/** A node with what is on it. */
export class NodeEntry {
  node: CatalogNode;
  readonly services = new Map<string, Service>();
  readonly checks = new Map<string, Check>();
  /** The same checks by service id ('' for the node): a look-up costs what it finds. */
  readonly #checksOf = new Map<string, Map<string, Check>>();

  constructor(node: CatalogNode) {
    this.node = node;
  }

  checksOf(serviceId: string): ReadonlyMap<string, Check> {
    return this.#checksOf.get(serviceId) ?? noChecks;
  }

  setCheck(check: Check): void {
    this.checks.set(check.id, check);
    const known = this.#checksOf.get(check.serviceId);
    if (known === undefined) this.#checksOf.set(check.serviceId, new Map([[check.id, check]]));
    else known.set(check.id, check);
  }

  deleteCheck(check: Check): void {
    this.checks.delete(check.id);
    const known = this.#checksOf.get(check.serviceId);
    known?.delete(check.id);
    if (known?.size === 0) this.#checksOf.delete(check.serviceId);
  }

  checked(service: Service): CheckedService {
    const ofNode = this.checksOf('');
    const own = this.checksOf(service.id);
    return { node: this.node, service, checks: [...ofNode.values(), ...own.values()] };
  }
}
