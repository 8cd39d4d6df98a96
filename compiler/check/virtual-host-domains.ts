/**
 * E3002: a domain stands once in a route configuration, in whatever case; `*` as well.
 */
import type { Path } from '../../dsl/api/index.js';
import type { BootstrapView } from './bootstrap-view.js';
import { listAt, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { routeConfigurations } from './route-configurations.js';

export function* virtualHostDomains(view: BootstrapView): Generator<Finding> {
  for (const configuration of routeConfigurations(view)) {
    const first = new Map<string, Path>();
    for (const host of configuration.list('virtual_hosts')) {
      for (const [index, domain] of listAt(host.value.domains).entries()) {
        const key = textAt(domain).toLowerCase();
        const path = [...host.path, 'domains', index];
        const before = first.get(key);
        if (before === undefined) first.set(key, path);
        else {
          yield {
            code: 'E3002',
            severity: 'error',
            path,
            message: `the domain '${textAt(domain)}' is already taken in this route configuration`,
            fix: 'keep each domain once',
            related: { path: before, message: 'taken here' },
          };
        }
      }
    }
  }
}
