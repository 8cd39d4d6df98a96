import { numberAt, textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';

const wholes: Readonly<Record<string, number>> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 };

/**
 * # no-impossible-fraction
 *
 * A share above the whole is accepted and means always. `numerator: 5, denominator: HUNDRED` is 5 %; the default of the
 * denominator is HUNDRED, so somebody who writes 500 mostly had TEN_THOUSAND in mind.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: /, runtime_fraction: { default_value: { numerator: 500 } } }
 *   route: { cluster: canary }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: /, runtime_fraction: { default_value: { numerator: 500, denominator: TEN_THOUSAND } } }
 *   route: { cluster: canary }
 * ```
 *
 * Source: envoy.type.v3.FractionalPercent; measured on Envoy 1.40.
 */
export const noImpossibleFraction: LintRule<'no-impossible-fraction'> = {
  name: 'no-impossible-fraction',
  pack: 'correctness',
  summary: 'a share is not above the whole',
  severity: 'warning',
  *check(view) {
    for (const fraction of view.all('envoy.type.v3.FractionalPercent')) {
      const whole = wholes[textAt(fraction.value.denominator) || 'HUNDRED'] ?? 100;
      const part = numberAt(fraction.value.numerator) ?? 0;
      if (part <= whole) continue;
      yield {
        path: [...fraction.path, 'numerator'],
        message: `${part} of ${whole} is more than all`,
        fix:
          part <= 10_000
            ? 'set denominator: TEN_THOUSAND, or lower it'
            : 'set denominator: MILLION, or lower it',
      };
    }
  },
};
