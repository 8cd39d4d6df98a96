/**
 * References to clusters that do not exist. Envoy refuses them in static route configurations (`validate_clusters`
 * is true by default for inline routes) and where an extension looks its cluster up when it is built.
 */
import type { Path } from '../../dsl/api/index.js';
import { nearName } from '../../dsl/api/index.js';
import type { Finding } from './finding.js';
import type { Fields, Found } from './walk.js';
import { clustersOf, entriesOf, fieldsAt, routeConfigurationsOf, textAt } from './walk.js';

interface Reference {
  readonly cluster: string;
  readonly path: Path;
}

function* actionReferences(action: Fields, path: Path): Generator<Reference> {
  const cluster = textAt(action.cluster);
  if (cluster !== undefined) yield { cluster, path: [...path, 'cluster'] };
  const weighted = fieldsAt(action.weighted_clusters);
  for (const entry of entriesOf(weighted.clusters, [...path, 'weighted_clusters', 'clusters'])) {
    const name = textAt(entry.value.name);
    if (name !== undefined && name !== '') yield { cluster: name, path: [...entry.path, 'name'] };
  }
  for (const mirror of entriesOf(action.request_mirror_policies, [...path, 'request_mirror_policies'])) {
    const name = textAt(mirror.value.cluster);
    if (name !== undefined && name !== '') yield { cluster: name, path: [...mirror.path, 'cluster'] };
  }
}

function* routeReferences({ value, path }: Found): Generator<Reference> {
  if (value.validate_clusters === false) return;
  for (const host of entriesOf(value.virtual_hosts, [...path, 'virtual_hosts'])) {
    for (const route of entriesOf(host.value.routes, [...host.path, 'routes'])) {
      if (route.value.route === undefined) continue;
      yield* actionReferences(fieldsAt(route.value.route), [...route.path, 'route']);
    }
  }
}

export function unknownClusters(bootstrap: unknown): Finding[] {
  const names = clustersOf(bootstrap)
    .map(({ value }) => textAt(value.name))
    .filter((name) => name !== undefined);
  // Clusters that come over xDS are not known here: Envoy itself accepts such a reference only when they are loaded first.
  const known = new Set(names);
  const findings: Finding[] = [];
  const report = (reference: Reference): void => {
    if (known.has(reference.cluster)) return;
    const near = nearName(reference.cluster, names);
    findings.push({
      code: 'E3003',
      severity: 'error',
      path: reference.path,
      message: `there is no cluster '${reference.cluster}'`,
      fix:
        near === undefined
          ? names.length === 0
            ? 'add the cluster to static_resources.clusters'
            : `add it, or name one of ${names.slice(0, 8).join(', ')}`
          : `did you mean '${near}'?`,
    });
  };
  for (const found of routeConfigurationsOf(bootstrap))
    for (const reference of routeReferences(found)) report(reference);
  return findings;
}
