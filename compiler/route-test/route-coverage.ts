/**
 * How many routes some test has reached. Each cluster of a weighted route counts as a route of its own, as in Envoy's
 * router_check_tool.
 */
import type { Path } from '../../dsl/api/index.js';
import type { Fields } from '../../runtime/common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../runtime/common/message-fields.js';
import { describeRoute } from './explain-route.js';
import type { RoutePlace } from './route-test.js';

/** Of all route configurations together. */
export interface RouteCoverage {
  readonly covered: number;
  readonly total: number;
  /** 100 when there is no route. */
  readonly percent: number;
  /** One line a route that no test reached. */
  readonly missing: readonly string[];
}

function keyOf({ configPath, virtualHost, route, weighted }: RoutePlace): string {
  return JSON.stringify([configPath, virtualHost, route, weighted ?? null]);
}

/** @param configurations all route configurations with their paths */
export function routeCoverage(
  configurations: readonly { readonly path: Path; readonly config: Fields }[],
  reached: readonly RoutePlace[],
): RouteCoverage {
  const seen = new Set(reached.map(keyOf));
  const missing: string[] = [];
  let total = 0;
  for (const { path, config } of configurations) {
    for (const [virtualHost, host] of messagesOf(config.virtual_hosts).entries()) {
      for (const [index, route] of messagesOf(host.routes).entries()) {
        const clusters = messagesOf(messageOf(messageOf(route.route).weighted_clusters).clusters);
        const parts = clusters.length === 0 ? [undefined] : clusters.keys();
        for (const weighted of parts) {
          total++;
          if (seen.has(keyOf({ configPath: path, virtualHost, route: index, weighted }))) continue;
          const part = weighted === undefined ? '' : `, cluster ${textOf(clusters[weighted]?.name)}`;
          missing.push(`virtual host '${textOf(host.name)}': ${describeRoute(route, index)}${part}`);
        }
      }
    }
  }
  const covered = total - missing.length;
  return { covered, total, percent: total === 0 ? 100 : (covered / total) * 100, missing };
}
