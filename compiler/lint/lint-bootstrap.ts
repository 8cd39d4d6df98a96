/**
 * What is accepted but should not be done. One rule a file; its doc comment is its page.
 */
import type { Check, Finding } from '../check/finding.js';
import { noPublicAdmin } from './no-public-admin.js';
import { noUnreachableRoute } from './no-unreachable-route.js';
import { requireDnsLookupFamily } from './require-dns-lookup-family.js';

const rules: Readonly<Record<string, Check>> = {
  'no-public-admin': noPublicAdmin,
  'no-unreachable-route': noUnreachableRoute,
  'require-dns-lookup-family': requireDnsLookupFamily,
};

export const ruleNames: readonly string[] = Object.keys(rules);

/** A rule that is switched off, with the reason for those who read the configuration later. */
export interface DisabledRule {
  readonly rule: string;
  readonly reason: string;
}

/** @param bootstrap canonical */
export function lintBootstrap(bootstrap: unknown, disabled: readonly DisabledRule[] = []): Finding[] {
  const off = new Set(disabled.map(({ rule }) => rule));
  return Object.entries(rules).flatMap(([name, rule]) => (off.has(name) ? [] : rule(bootstrap)));
}
