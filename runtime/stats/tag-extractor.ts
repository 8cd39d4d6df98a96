/**
 * Tags in the names of statistics: `cluster.web.upstream_rq_503` is `cluster.upstream_rq` of the cluster `web` with the
 * response code `503`. The rules are Envoy's well-known tags, without those of protocols that Envoy alone speaks.
 */

export interface Tag {
  /** Envoy's name of the tag, e.g. `envoy.cluster_name`. */
  readonly name: string;
  readonly value: string;
}

export interface TaggedName {
  /** The name without its tags. */
  readonly name: string;
  /** In the order in which Envoy shows them. */
  readonly tags: readonly Tag[];
}

/** A tag that was found and the part of the name that goes with it. */
export interface FoundTag {
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

export interface TagRule {
  /** The name of the tag; without `envoy.` for Envoy's own. */
  readonly tag: string;
  /** Only names with this first segment are looked at; undefined: all. */
  readonly first: string | undefined;
  /** @param given the segments of the name */
  find(name: string, given: readonly string[]): FoundTag | undefined;
}

/**
 * A rule of segments: `$` is the value, `*` any one segment, `**` any number of them. The value goes with the dot after
 * it, or with the dot before it when it is the last segment.
 */
function segments(tag: string, pattern: string): TagRule {
  const parts = pattern.split('.');
  const first = parts[0] === '$' || parts[0] === '*' ? undefined : parts[0];
  const find = (name: string, given: readonly string[]): FoundTag | undefined => {
    const value = match(parts, 0, given, 0);
    if (value === undefined) return undefined;
    let from = 0;
    for (let at = 0; at < value; at++) from += (given[at] as string).length + 1;
    const text = given[value] as string;
    const end = from + text.length;
    return end < name.length ? { value: text, from, to: end + 1 } : { value: text, from: from - 1, to: end };
  };
  return { tag, first, find };
}

/** @returns where `$` is, -1 when the pattern's rest has none, undefined when it does not match */
function match(
  pattern: readonly string[],
  at: number,
  given: readonly string[],
  place: number,
): number | undefined {
  if (at === pattern.length) return place === given.length ? -1 : undefined;
  if (pattern[at] === '**') {
    for (let skip = place; skip <= given.length; skip++) {
      const rest = match(pattern, at + 1, given, skip);
      if (rest !== undefined) return rest;
    }
    return undefined;
  }
  if (place === given.length) return undefined;
  const wanted = pattern[at];
  if (wanted !== '*' && wanted !== '$' && wanted !== given[place]) return undefined;
  const rest = match(pattern, at + 1, given, place + 1);
  return rest !== undefined && wanted === '$' ? place : rest;
}

/**
 * A rule of an expression: its first group goes, its second is the value.
 * @param part what every match contains: most names do not, and need not be looked at
 */
function expression(tag: string, part: string, source: RegExp, first?: string, except?: string): TagRule {
  const pattern = new RegExp(source, 'd');
  const find = (name: string): FoundTag | undefined => {
    if (!name.includes(part)) return undefined;
    const found = pattern.exec(name);
    const removed = found?.indices?.[1];
    const value = found?.[2];
    if (removed === undefined || value === undefined || value === except) return undefined;
    return { value, from: removed[0], to: removed[1] };
  };
  return { tag, first, find };
}

const address = String.raw`(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[[a-fA-F_\d]+\])_\d+`;

/**
 * The rules in Envoy's order; those without a first segment are tried before the others. One tag may have several rules.
 */
const rules: readonly TagRule[] = [
  expression('response_code', '_rq_', /_rq(_(\d{3}))$/),
  expression('response_code_class', '_rq_', /_rq_((\d))xx$/),
  expression(
    'worker_id',
    '.worker_',
    new RegExp(String.raw`^listener\.(?:${address}|[^.]+)\.worker_((\d+)\.)`),
  ),
  expression(
    'worker_id',
    '.worker_',
    /^(?:server|listener_manager|thread_local_cluster_manager)\.worker_((\d+)\.)/,
  ),
  segments('local_http_ratelimit_prefix', '$.http_local_rate_limit.**'),
  segments('grpc_bridge_method', 'cluster.*.grpc.*.$.**'),
  segments('http_user_agent', 'http.*.user_agent.$.**'),
  segments('virtual_cluster', 'vhost.*.vcluster.$.**'),
  segments('fault_downstream_cluster', 'http.*.fault.$.**'),
  expression('ssl_cipher', '.ssl.ciphers.', /^listener\..*?\.ssl\.ciphers(\.([\w-]+))$/, 'listener'),
  expression('ssl_curve', '.ssl.curves.', /^(?:listener|cluster)\..*?\.ssl\.curves(\.([\w-]+))$/),
  expression('ssl_sigalg', '.ssl.sigalgs.', /^(?:listener|cluster)\..*?\.ssl\.sigalgs(\.([\w-]+))$/),
  expression('ssl_version', '.ssl.versions.', /^(?:listener|cluster)\..*?\.ssl\.versions(\.(TLSv\d\.\d))$/),
  expression(
    'tls_certificate',
    '.ssl.certificate.',
    /^(?:listener|cluster)\..*?\.ssl\.certificate\.(([^.]+)\.)/,
  ),
  expression('cipher_suite', '.ssl.ciphers.', /^cluster\.[^.]+\.ssl\.ciphers(\.([\w-]+))$/, 'cluster'),
  segments('grpc_bridge_service', 'cluster.*.grpc.$.**'),
  segments('tcp_prefix', 'tcp.$.**'),
  segments('udp_prefix', 'udp.$.**'),
  segments('clientssl_prefix', 'auth.clientssl.$.**'),
  segments('ratelimit_prefix', 'ratelimit.$.**'),
  segments('cluster_name', 'cluster.$.**'),
  expression('http_conn_manager_prefix', '.http.', /^listener\..*?\.http\.(([^.]+)\.)/, 'listener'),
  segments('ext_authz_prefix', 'cluster.*.ext_authz.$.**'),
  segments('ext_authz_prefix', 'http.*.ext_authz.$.**'),
  segments('http_conn_manager_prefix', 'http.$.**'),
  expression(
    'listener_address',
    'listener.',
    new RegExp(`^listener\\.((${address}|[^.]+)\\.)`),
    'listener',
    'admin',
  ),
  segments('virtual_host', 'vhost.$.**'),
  expression('rds_route_config', '.rds.', /^http\.[^.]+\.rds\.(([\w.-]+)\.)\w+?$/, 'http'),
  segments('route', 'vhost.*.route.$.**'),
  segments('redis_prefix', 'redis.$.**'),
  segments('local_network_ratelimit_prefix', 'local_rate_limit.$.**'),
  segments('local_listener_ratelimit_prefix', 'listener_local_ratelimit.$.**'),
  segments('dns_filter_prefix', 'dns_filter.$.**'),
];

/** Takes the tags out of a full name. */
export type ExtractTags = (name: string) => TaggedName;

export interface TagOptions {
  /** Which of Envoy's tags are taken out, by full name: `envoy.cluster_name`. */
  isWanted(tag: string): boolean;
  /** Further rules, after Envoy's; with full names. */
  readonly rules: readonly TagRule[];
  /** Tags of every statistic. */
  readonly fixed: readonly Tag[];
}

/** Whether Envoy has rules for a tag of that full name. */
export function isDefaultTag(name: string): boolean {
  return rules.some(({ tag }) => `envoy.${tag}` === name);
}

/** All rules see the whole name; a part that two of them claim goes once. */
export function createTagExtractor({ fixed, isWanted, rules: further }: TagOptions): ExtractTags {
  const all = [
    ...rules.map((rule) => ({ ...rule, tag: `envoy.${rule.tag}` })).filter(({ tag }) => isWanted(tag)),
    ...further,
  ];
  const ofAll = all.filter((rule) => rule.first === undefined);
  const byFirst = new Map<string, TagRule[]>();
  for (const rule of all) {
    if (rule.first !== undefined) byFirst.set(rule.first, [...(byFirst.get(rule.first) ?? []), rule]);
  }
  return (name) => {
    const dot = name.indexOf('.');
    const candidates = dot < 0 ? ofAll : [...ofAll, ...(byFirst.get(name.slice(0, dot)) ?? [])];
    return applyRules(name, candidates, fixed);
  };
}

/** With all of Envoy's tags. */
export const extractTags: ExtractTags = createTagExtractor({ isWanted: () => true, rules: [], fixed: [] });

/** What Envoy knows without looking at the name stands before the fixed tags. */
const knownTags: ReadonlySet<string> = new Set(
  ['response_code', 'response_code_class', 'worker_id'].map((tag) => `envoy.${tag}`),
);

function inOrder(found: readonly Tag[], fixed: readonly Tag[]): readonly Tag[] {
  if (fixed.length === 0) return found;
  const known = found.filter(({ name }) => knownTags.has(name));
  return [...known, ...fixed, ...found.filter(({ name }) => !knownTags.has(name))];
}

function applyRules(name: string, candidates: readonly TagRule[], fixed: readonly Tag[]): TaggedName {
  const given = name.split('.');
  const tags = new Map<string, Tag>();
  const removed: FoundTag[] = [];
  for (const rule of candidates) {
    const { tag } = rule;
    if (tags.has(tag)) continue;
    const found = rule.find(name, given);
    if (found === undefined) continue;
    tags.set(tag, { name: tag, value: found.value });
    removed.push(found);
  }
  const shown = inOrder([...tags.values()], fixed);
  if (removed.length === 0) return { name, tags: shown };
  removed.sort((a, b) => a.from - b.from);
  let rest = '';
  let at = 0;
  for (const { from, to } of removed) {
    if (from > at) rest += name.slice(at, from);
    at = Math.max(at, to);
  }
  return { name: rest + name.slice(at), tags: shown };
}
