/**
 * Rules of the API that Envoy does not look at: of messages that it reads only when they are used, and of an empty message
 * in the place of another one of its filter.
 */
import type { Issue } from '../../dsl/api/index.js';
import type { Fields } from './bootstrap-view.js';
import { fieldsAt, typeOf } from './bootstrap-view.js';
import { typeInstead } from './filter-slots.js';

/** Asked of Envoy 1.40 type by type. */
const unread: ReadonlySet<string> = new Set([
  'envoy.config.core.v3.HealthCheck.HttpHealthCheck',
  'envoy.extensions.health_checkers.udp.v3.UdpHealthCheck',
  'envoy.extensions.internal_redirect.filter_state.v3.FilterStateConfig',
  'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
]);

/** Load-balancing policies are made without a look at their rules; what their constructors want is checked elsewhere. */
const unreadPolicies: ReadonlySet<string> = new Set(
  [
    'client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin',
    'least_request.v3.LeastRequest',
    'maglev.v3.Maglev',
    'random.v3.Random',
    'ring_hash.v3.RingHash',
    'round_robin.v3.RoundRobin',
    'subset.v3.Subset',
  ].map((name) => `envoy.extensions.load_balancing_policies.${name}`),
);

/** An empty hash policy ends the process, and a subset without a policy inside is none. */
const readAnyway: ReadonlySet<string | number> = new Set(['hash_policy', 'subset_lb_policy']);

/** The writer of a UDP listener is looked up by nobody before the listener is opened; it only has to be there. */
const unasked = 'udp_packet_packet_writer_config';

/** Rules of JWT authentication match by all that a route matches by, except for cookies. */
function isCookieOfJwtRule(path: Issue['path']): boolean {
  const at = path.indexOf('cookies');
  return path[at - 1] === 'match' && path[at - 3] === 'rules';
}

/** Whether Envoy accepts in spite of the issue. @param bootstrap canonical, as far as it could be read */
export function isLenient({ class: kind, path }: Issue, bootstrap: unknown): boolean {
  if (kind === 'extension-config') return path.includes(unasked) || isCookieOfJwtRule(path);
  if (kind !== 'pgv') return false;
  let value: unknown = bootstrap;
  let payload: Fields | undefined;
  let perRoute = false;
  for (const [index, step] of path.entries()) {
    value = (value as Record<string | number, unknown> | null | undefined)?.[step];
    const fields = fieldsAt(value);
    if (fields['@type'] === undefined) continue;
    payload = fields;
    perRoute = path[index - 1] === 'typed_per_filter_config';
  }
  if (payload === undefined) return false;
  if (unread.has(typeOf(payload))) return true;
  if (unreadPolicies.has(typeOf(payload))) return !path.some((step) => readAnyway.has(step));
  const isEmpty = Object.keys(payload).length === 1;
  return isEmpty && typeInstead(payload, perRoute ? 'perRoute' : 'everybody') !== undefined;
}
