import type { Path } from '../../../dsl/api/index.js';
import type { LintFinding, LintRule } from '../lint-rule.js';

const placeholder = /\$\{[A-Za-z_]\w*(?::?[-=?+][^}]*)?\}|\{\{[-\s]*[.\w$][^}]*\}\}|<%=?\s*\S.*%>/;

/** Where such characters mean something. */
const code: ReadonlySet<string> = new Set([
  'inline_string',
  'inline_code',
  'inline_bytes',
  'body_format',
  'json_format',
]);

function* search(value: unknown, path: Path): Generator<LintFinding> {
  if (typeof value === 'string') {
    const found = placeholder.exec(value)?.[0];
    if (found === undefined) return;
    yield {
      path,
      message: `nobody fills in '${found.slice(0, 60)}': Envoy takes it as it stands`,
      fix: 'render the file first, or write it in TypeScript and use env()',
    };
  } else if (typeof value === 'object' && value !== null) {
    const isList = Array.isArray(value);
    for (const [key, item] of Object.entries(value)) {
      if (!code.has(key)) yield* search(item, [...path, isList ? Number(key) : key]);
    }
  }
}

const sign = /[${<][{%]/;

/** Cheap enough to ask first: nearly no file has one. */
function mayHave(value: unknown): boolean {
  if (typeof value === 'string') return sign.test(value);
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) if (mayHave((value as Record<string, unknown>)[key])) return true;
  return false;
}

/**
 * # no-placeholder
 *
 * Envoy fills in neither `${VARIABLES}` nor templates: what was left over is taken as it stands, and mostly fails much
 * later, as a host name that does not resolve. Render the file first, or write it in TypeScript and use `env()`. Scripts
 * are left alone.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * load_assignment:
 *   cluster_name: web
 *   endpoints:
 *   - lb_endpoints:
 *     - endpoint: { address: { socket_address: { address: "${WEB_HOST}", port_value: 80 } } }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * load_assignment:
 *   cluster_name: web
 *   endpoints:
 *   - lb_endpoints:
 *     - endpoint: { address: { socket_address: { address: web.internal, port_value: 80 } } }
 * ```
 *
 * Source: envoyproxy/envoy issues 22152 and 32057.
 */
export const noPlaceholder: LintRule<'no-placeholder'> = {
  name: 'no-placeholder',
  pack: 'correctness',
  summary: 'no text has a variable or a template left in it',
  severity: 'warning',
  *check(view) {
    if (mayHave(view.root.value)) yield* search(view.root.value, []);
  },
};
