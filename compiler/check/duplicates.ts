/**
 * Names that Envoy wants once: clusters, and the domains of a route configuration.
 */
import type { Path } from '../../dsl/api/index.js';
import type { Finding } from './finding.js';
import type { Found } from './walk.js';
import { clustersOf, entriesOf, listAt, routeConfigurationsOf, textAt } from './walk.js';

function duplicates(found: readonly Found[], what: string): Finding[] {
  const first = new Map<string, Path>();
  const findings: Finding[] = [];
  for (const { value, path } of found) {
    const name = textAt(value.name);
    if (name === undefined || name === '') continue;
    const before = first.get(name);
    if (before === undefined) first.set(name, [...path, 'name']);
    else {
      findings.push({
        code: 'E3001',
        severity: 'error',
        path: [...path, 'name'],
        message: `there are two ${what}s with the name '${name}'`,
        fix: 'rename one of them',
        related: { path: before, message: 'the first one' },
      });
    }
  }
  return findings;
}

/** `static_resources.clusters[].name` must be unique. */
export function duplicateClusters(bootstrap: unknown): Finding[] {
  return duplicates(clustersOf(bootstrap), 'cluster');
}

/** A domain may stand in one virtual host of a route configuration only; Envoy compares without case. */
export function duplicateDomains(bootstrap: unknown): Finding[] {
  const findings: Finding[] = [];
  for (const { value, path } of routeConfigurationsOf(bootstrap)) {
    const hosts = [...entriesOf(value.virtual_hosts, [...path, 'virtual_hosts'])];
    const first = new Map<string, Path>();
    for (const host of hosts) {
      for (const [index, domain] of listAt(host.value.domains).entries()) {
        const key = String(domain).toLowerCase();
        const at = [...host.path, 'domains', index];
        const before = first.get(key);
        if (before === undefined) first.set(key, at);
        else {
          findings.push({
            code: 'E3002',
            severity: 'error',
            path: at,
            message: `the domain '${domain}' is taken by another virtual host of this route configuration`,
            fix: 'keep each domain in one virtual host',
            related: { path: before, message: 'taken here' },
          });
        }
      }
    }
  }
  return findings;
}
