/**
 * Finding: which instances of a service a client should be sent to. It knows no DNS; DNS knows no catalog.
 */
import type { Catalog, CheckedService } from './catalog/catalog.js';
import { isServed, weightOf } from './catalog/health.js';
import type { PreparedQuery } from './state/query-store.js';

export interface ServiceQuery {
  readonly service: string;
  /** Case does not count. */
  readonly tag?: string | undefined;
  /** True: an instance with a warning is left out, as a critical one always is. */
  readonly onlyPassing: boolean;
}

function hasTag(tags: readonly string[], wanted: string): boolean {
  return tags.some((own) => own.toLowerCase() === wanted);
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
        (tag === undefined || hasTag(instance.service.tags, tag)),
    );
}

/** What a prepared query finds. */
export function findByQuery(catalog: Catalog, query: PreparedQuery): readonly CheckedService[] {
  const matches = (
    have: Readonly<Record<string, string>> | null,
    wanted: Readonly<Record<string, string>>,
  ): boolean => Object.entries(wanted).every(([key, value]) => have?.[key] === value);
  return findInstances(catalog, { service: query.service, onlyPassing: query.onlyPassing }).filter(
    ({ service, node }) =>
      matches(node.meta, query.nodeMeta) &&
      matches(service.meta, query.serviceMeta) &&
      query.tags.every((tag) => {
        const lower = tag.toLowerCase();
        return lower.startsWith('!') ? !hasTag(service.tags, lower.slice(1)) : hasTag(service.tags, lower);
      }),
  );
}
