import { runtimeFractionOf } from '../common/fractional-percent.js';
import type { RouteRequest } from './route-table.js';

/** `RuntimeFractionalPercent`: a part of the requests, decided by the number that each has for all such questions. */
export function compileFraction(config: unknown): (request: RouteRequest) => boolean {
  const { denominator, numerator } = runtimeFractionOf(config);
  return (request) => request.random % denominator < numerator;
}
