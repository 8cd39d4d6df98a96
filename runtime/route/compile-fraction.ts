import { messageOf, numberOf, textOf } from '../common/message-fields.js';
import type { RouteRequest } from './route-table.js';

const denominators: Readonly<Record<string, number>> = {
  HUNDRED: 100,
  TEN_THOUSAND: 10_000,
  MILLION: 1_000_000,
};

/**
 * `RuntimeFractionalPercent`: a part of the requests, decided by the number that each has for all such questions. There is no
 * runtime layer here that could change the default value.
 */
export function compileFraction(config: unknown): (request: RouteRequest) => boolean {
  const fraction = messageOf(messageOf(config).default_value);
  const denominator = denominators[textOf(fraction.denominator, 'HUNDRED')] ?? 100;
  const numerator = numberOf(fraction.numerator, 0);
  return (request) => request.random % denominator < numerator;
}
