/**
 * Runs the lint rules over a canonical bootstrap. A rule is switched off with a reason, never without.
 */
import { BootstrapView } from '../check/bootstrap-view.js';
import type { Finding } from '../check/finding.js';
import { nearName } from '../../dsl/api/index.js';
import type { LintRule } from './lint-rule.js';
import { expiredCertificate } from './rules/expired-certificate.js';
import { noPublicAdmin } from './rules/no-public-admin.js';
import { noUnreachableRoute } from './rules/no-unreachable-route.js';
import { requireDnsLookupFamily } from './rules/require-dns-lookup-family.js';

/** In the order in which they run. */
export const lintRules: readonly LintRule[] = [
  noPublicAdmin,
  requireDnsLookupFamily,
  noUnreachableRoute,
  expiredCertificate,
];

export const ruleNames: readonly string[] = lintRules.map(({ name }) => name);

/** A rule that is switched off. */
export interface DisabledRule {
  readonly rule: string;
  /** Why the rule does not fit here, for whoever reads the configuration next. */
  readonly reason: string;
}

/** Entries of `disabled` that do not work, told as warnings of `lint-options`. */
function* badOptions(disabled: readonly DisabledRule[]): Generator<Finding> {
  for (const { rule, reason } of disabled) {
    const known = ruleNames.includes(rule);
    if (known && reason.trim() !== '') continue;
    const near = nearName(rule, ruleNames);
    yield {
      code: 'lint-options',
      severity: 'warning',
      path: [],
      message: known
        ? `the lint rule '${rule}' is switched off without a reason and stays on`
        : `there is no lint rule '${rule}'`,
      fix: known
        ? 'write the reason down'
        : near === undefined
          ? `rules: ${ruleNames.join(', ')}`
          : `did you mean '${near}'?`,
    };
  }
}

/** @param bootstrap canonical, as `readMessage` returns it */
export function lintBootstrap(bootstrap: unknown, disabled: readonly DisabledRule[] = []): Finding[] {
  const off = new Set(disabled.filter(({ reason }) => reason.trim() !== '').map(({ rule }) => rule));
  const view = new BootstrapView(bootstrap);
  const findings = [...badOptions(disabled)];
  for (const rule of lintRules) {
    if (off.has(rule.name)) continue;
    for (const finding of rule.check(view))
      findings.push({ code: rule.name, severity: 'warning', ...finding });
  }
  return findings;
}
