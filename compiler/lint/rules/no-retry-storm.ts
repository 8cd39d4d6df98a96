import type { BootstrapView, Message } from '../../check/bootstrap-view.js';
import { fieldsAt, isSet, numberAt, textAt } from '../../check/bootstrap-view.js';
import { clusterByName, endpointsOf, socketOf, targetsOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { listenerType, routeType, virtualHostType } from '../message-names.js';

/** The policy that holds for the route. */
function policyOf(route: Message): Message | undefined {
  const own = route.at('route').at('retry_policy');
  if (isSet(route.at('route').value.retry_policy)) return own;
  const host = route.within(virtualHostType);
  return host !== undefined && isSet(host.value.retry_policy) ? host.at('retry_policy') : undefined;
}

function triesOf(route: Message): number {
  const policy = policyOf(route);
  if (policy === undefined || textAt(policy.value.retry_on) === '') return 1;
  return 1 + (numberAt(policy.value.num_retries) ?? 1);
}

/** Most tries of a route of each listener, by the port that it listens on. */
function triesByPort(view: BootstrapView): ReadonlyMap<number, number> {
  const byPort = new Map<number, number>();
  for (const route of view.all(routeType)) {
    const listener = route.within(listenerType);
    if (listener === undefined) continue;
    const port = numberAt(fieldsAt(fieldsAt(listener.value.address).socket_address).port_value) ?? 0;
    byPort.set(port, Math.max(byPort.get(port) ?? 1, triesOf(route)));
  }
  return byPort;
}

const here: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost', '0.0.0.0']);

/**
 * # no-retry-storm
 *
 * Retries multiply: a proxy that tries 4 times in front of one that tries 4 times makes 16 requests of one, at the very
 * moment when the service is overloaded. The rule follows routes to clusters whose endpoint is another listener of the same
 * file, and multiplies.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: / }
 *   route: { cluster: web, retry_policy: { retry_on: 5xx, num_retries: 20 } }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: / }
 *   route: { cluster: web, retry_policy: { retry_on: 5xx, num_retries: 2 } }
 * ```
 *
 * Source: Envoy documentation, "Circuit breaking", retry budgets.
 */
export const noRetryStorm: LintRule<'no-retry-storm'> = {
  name: 'no-retry-storm',
  pack: 'resilience',
  summary: 'one request does not become many',
  severity: 'warning',
  options: { maxTries: 10 },
  *check(view, { maxTries }) {
    if (!view.types.includes('envoy.config.route.v3.RetryPolicy')) return;
    const byPort = triesByPort(view);
    const clusters = clusterByName(view.clusters);
    for (const route of view.all(routeType)) {
      const own = triesOf(route);
      if (own === 1) continue;
      const next = targetsOf(route.at('route').value).flatMap((name) => {
        const cluster = clusters.get(name);
        return cluster === undefined
          ? []
          : endpointsOf(cluster)
              .map(socketOf)
              .filter(({ address }) => here.has(textAt(address)))
              .map(({ port_value: port }) => byPort.get(numberAt(port) ?? 0) ?? 1);
      });
      const behind = Math.max(1, ...next);
      if (own * behind <= maxTries) continue;
      const times =
        behind === 1 ? `${own} times` : `${own} times, and the next hop ${behind} times: ${own * behind}`;
      yield {
        path: policyOf(route)?.path ?? route.path,
        message: `one request is sent up to ${times}`,
        fix: 'lower num_retries, or retry in one place only',
      };
    }
  },
};
