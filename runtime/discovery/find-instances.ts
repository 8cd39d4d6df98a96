/**
 * Finding: which instances of a service a client should be sent to. It knows no DNS; DNS knows no catalog.
 */
import type { Catalog, CheckedService } from './catalog/catalog.js';
import { isServed, weightOf } from './catalog/health.js';

export interface ServiceQuery {
  readonly service: string;
  /** Case does not count. */
  readonly tag?: string | undefined;
  /** True: an instance with a warning is left out, as a critical one always is. */
  readonly onlyPassing: boolean;
}

/** Instances to send clients to, in the catalog's order. */
export function findInstances(catalog: Catalog, query: ServiceQuery): readonly CheckedService[] {
  const tag = query.tag?.toLowerCase();
  return catalog
    .instances(query.service)
    .filter(
      (instance) =>
        isServed(instance, query.onlyPassing) &&
        weightOf(instance) > 0 &&
        (tag === undefined || instance.service.tags.some((own) => own.toLowerCase() === tag)),
    );
}
