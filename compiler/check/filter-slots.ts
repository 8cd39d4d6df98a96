/**
 * E3030: an HTTP filter has one message for everybody and another one for single routes, and each stands in its own place.
 * Envoy takes the wrong one only when it is empty, as an empty one of the right type.
 */
import { table } from '../../dsl/api/generated/table.js';
import { readMessage } from '../../dsl/api/index.js';
import type { BootstrapView, Fields } from './bootstrap-view.js';
import { fieldsAt, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';

interface Pair {
  readonly everybody: string;
  readonly perRoute: string;
}

const perRouteName = /(?:PerRoute|PerRouteConfig|Policy|Override)$/;

/** Extensions whose messages for single routes Envoy refuses everywhere: `per-route-filters.ts`. */
const refused: ReadonlySet<string> = new Set(['envoy.filters.http.rate_limit_quota']);

let pairs: ReadonlyMap<string, Pair> | undefined;

/** By either type. */
function pairsByType(): ReadonlyMap<string, Pair> {
  if (pairs !== undefined) return pairs;
  const found = new Map<string, Pair>();
  for (const { category, name, types } of table.extensions) {
    if (category !== 'envoy.filters.http' || types.length !== 2 || refused.has(name)) continue;
    const perRoute = types.find((type) => perRouteName.test(type));
    const everybody = types.find((type) => type !== perRoute);
    if (perRoute === undefined || everybody === undefined) continue;
    for (const type of types) found.set(type, { everybody, perRoute });
  }
  pairs = found;
  return found;
}

/** The type that an empty payload is taken as, when it is not its own. */
export function typeInstead(payload: Fields, slot: keyof Pair): string | undefined {
  const type = typeOf(payload);
  const wanted = pairsByType().get(type)?.[slot];
  return wanted === undefined || wanted === type ? undefined : wanted;
}

/** Of these not even an empty one is taken for everybody: the constructor of the filter wants more. */
const neverForEverybody: ReadonlyMap<string, string> = new Map(
  [
    ['basic_auth.v3.BasicAuthPerRoute', 'basic_auth.v3.BasicAuth'],
    ['ext_proc.v3.ExtProcPerRoute', 'ext_proc.v3.ExternalProcessor'],
    ['rate_limit_quota.v3.RateLimitQuotaOverride', 'rate_limit_quota.v3.RateLimitQuotaFilterConfig'],
  ].map(([one, other]) => [`envoy.extensions.filters.http.${one}`, `envoy.extensions.filters.http.${other}`]),
);

function short(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

function judge(payload: unknown, slot: keyof Pair, path: Finding['path']): Finding | undefined {
  const fields = fieldsAt(payload);
  const never = slot === 'everybody' ? neverForEverybody.get(typeOf(fields)) : undefined;
  const wanted = never ?? typeInstead(fields, slot);
  if (wanted === undefined) return undefined;
  const where = slot === 'everybody' ? 'http_filters' : 'typed_per_filter_config';
  const isEmpty = Object.keys(fields).length === 1;
  // Taken as an empty one of the right type, which may lack something.
  const lacking = isEmpty ? readMessage(wanted, {}).issues : [];
  if (never === undefined && isEmpty && lacking.length === 0) return undefined;
  return {
    code: 'E3030',
    severity: 'error',
    path,
    message: `${where} takes a ${short(wanted)} here, not a ${short(typeOf(fields))}`,
    fix: `write '@type': type.googleapis.com/${wanted}, or move it to ${slot === 'everybody' ? 'typed_per_filter_config' : 'http_filters'}`,
  };
}

const holders = [
  'envoy.config.route.v3.RouteConfiguration',
  'envoy.config.route.v3.VirtualHost',
  'envoy.config.route.v3.Route',
  'envoy.config.route.v3.WeightedCluster.ClusterWeight',
];

export function* filterSlots(view: BootstrapView): Generator<Finding> {
  for (const filter of view.all('envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter')) {
    const found = judge(filter.value.typed_config, 'everybody', [...filter.path, 'typed_config']);
    if (found !== undefined) yield found;
  }
  for (const holder of holders.flatMap((type) => view.all(type))) {
    for (const [name, payload] of Object.entries(fieldsAt(holder.value.typed_per_filter_config))) {
      const found = judge(payload, 'perRoute', [...holder.path, 'typed_per_filter_config', name]);
      if (found !== undefined) yield found;
    }
  }
}
