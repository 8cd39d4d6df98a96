import { isSet, numberAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { managerType } from '../message-names.js';

/**
 * # no-full-tracing
 *
 * Tracing samples every request unless `random_sampling` says otherwise. On a busy proxy spans cost more than the requests.
 *
 * Wrong:
 *
 * ```yaml hcm
 * tracing: {}
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * tracing: { random_sampling: { value: 1 } }
 * ```
 *
 * Source: HttpConnectionManager.Tracing.random_sampling (default 100 %).
 */
export const noFullTracing: LintRule<'no-full-tracing'> = {
  name: 'no-full-tracing',
  pack: 'cost',
  summary: 'tracing samples a part of the requests',
  severity: 'off',
  options: { maxPercent: 50 },
  *check(view, { maxPercent }) {
    for (const manager of view.all(managerType)) {
      if (!isSet(manager.value.tracing)) continue;
      const tracing = manager.at('tracing');
      const shares = ['random_sampling', 'overall_sampling'].map((field) =>
        isSet(tracing.value[field]) ? (numberAt(tracing.at(field).value.value) ?? 0) : 100,
      );
      if (Math.min(...shares) <= maxPercent) continue;
      yield {
        path: tracing.path,
        message: `${Math.min(...shares)} % of the requests are traced`,
        fix: 'set random_sampling: { value: 1 }',
      };
    }
  },
};
