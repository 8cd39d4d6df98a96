/**
 * Runs the lint rules over a canonical bootstrap.
 */
import type { BootstrapView } from '../check/bootstrap-view.js';
import type { Finding } from '../check/finding.js';
import type { LintConfig, PlainLintSettings } from './lint-config.js';
import { resolveLint } from './lint-config.js';

/** A rule that is switched off. */
export interface DisabledRule {
  readonly rule: string;
  /** Why the rule does not fit here, for whoever reads the configuration next. */
  readonly reason: string;
}

/** Settings with more rules off. */
export function withDisabled(
  settings: PlainLintSettings,
  disabled: readonly DisabledRule[] = [],
): PlainLintSettings {
  if (disabled.length === 0) return settings;
  const off = disabled.map(({ rule, reason }) => [rule, { level: 'off', reason }]);
  return { ...settings, rules: { ...settings.rules, ...Object.fromEntries(off) } };
}

/**
 * Rules of this package only; those of the user run where their module runs.
 * @param config which rules, see `resolveLint`. Default: the recommended ones
 */
export function lintBootstrap(view: BootstrapView, config: LintConfig = resolveLint()): Finding[] {
  const findings = [...config.findings];
  for (const { rule, severity, options } of config.active) {
    for (const finding of rule.check(view, options as never))
      findings.push({ code: rule.name, severity, ...finding });
  }
  return findings;
}
