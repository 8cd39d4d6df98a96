import { table } from '../../../dsl/api/generated/table.js';
import type { Path } from '../../../dsl/api/index.js';
import type { Fields } from '../../check/bootstrap-view.js';
import { fieldsAt, isSet, typeOf } from '../../check/bootstrap-view.js';
import type { LintFinding, LintRule } from '../lint-rule.js';

/** By the name of a field in either spelling. */
function writtenAs(message: Fields, name: string): unknown {
  return (
    message[name] ?? message[name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase())]
  );
}

function* enumFinding(value: unknown, type: string, path: Path): Generator<LintFinding> {
  const names = Object.keys(table.enums[type]?.values ?? {});
  if (typeof value !== 'string' || names.includes(value) || /^\d+$/.test(value)) return;
  const name = names.find((one) => one.toLowerCase() === value.toLowerCase());
  if (name === undefined) return;
  yield { path, message: `'${value}' is written ${name} in Envoy's API`, fix: `write ${name}` };
}

/** Along the table of the API, over the value as it was written. */
function* walk(value: unknown, declared: string, path: Path): Generator<LintFinding> {
  const message = fieldsAt(value);
  const type = typeOf(message) || declared;
  if (type.startsWith('google.protobuf.')) return;
  for (const { name, type: inner, label } of table.messages[type]?.fields ?? []) {
    const given = writtenAs(message, name);
    if (!isSet(given)) continue;
    const here = [...path, name];
    if (label === 'repeated' && !Array.isArray(given)) {
      yield {
        path: here,
        message: `${name} is a list, and one entry stands there without it`,
        fix: 'make it a list',
      };
    }
    const entries: readonly (readonly [Path, unknown])[] = Array.isArray(given)
      ? given.map((item, index) => [[...here, index], item] as const)
      : label === 'map'
        ? Object.entries(fieldsAt(given)).map(([key, item]) => [[...here, key], item] as const)
        : [[here, given]];
    for (const [at, item] of entries) {
      if (inner in table.enums) yield* enumFinding(item, inner, at);
      else if (inner in table.messages) yield* walk(item, inner, at);
    }
  }
}

/**
 * # prefer-canonical-spelling
 *
 * Envoy takes names of enums in small letters and one entry where a list is expected. Other tools do not: editors, schema
 * validators and control planes that read the same file.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: strict_dns
 * dns_lookup_family: V4_ONLY
 * health_checks: { timeout: 1s, interval: 5s, unhealthy_threshold: 3, healthy_threshold: 1, tcp_health_check: {} }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * health_checks:
 * - { timeout: 1s, interval: 5s, unhealthy_threshold: 3, healthy_threshold: 1, tcp_health_check: {} }
 * ```
 *
 * Source: ProtoJSON; 73 of 423 real configurations have the one, 33 the other.
 */
export const preferCanonicalSpelling: LintRule<'prefer-canonical-spelling'> = {
  name: 'prefer-canonical-spelling',
  pack: 'style',
  summary: 'enums and lists are written as the API has them',
  severity: 'off',
  *check(view) {
    if (view.written !== undefined) yield* walk(view.written, 'envoy.config.bootstrap.v3.Bootstrap', []);
  },
};
