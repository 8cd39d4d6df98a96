/**
 * `envoy.type.v3.FractionalPercent`, alone or as the default of a `RuntimeFractionalPercent`, in whose place stands the value
 * of its key already (`layered-runtime/apply-runtime.ts`).
 */
import { messageOf, numberOf, textOf } from './message-fields.js';

const denominators: Readonly<Record<string, number>> = {
  HUNDRED: 100,
  TEN_THOUSAND: 10_000,
  MILLION: 1_000_000,
};

export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

/** @param config a `FractionalPercent`; absent: 0 of 100, the empty message */
export function fractionOf(config: unknown): Fraction {
  const { denominator, numerator } = messageOf(config);
  return {
    numerator: numberOf(numerator, 0),
    denominator: denominators[textOf(denominator, 'HUNDRED')] ?? 100,
  };
}

/** @param config a `RuntimeFractionalPercent` */
export function runtimeFractionOf(config: unknown): Fraction {
  return fractionOf(messageOf(config).default_value);
}

/** Whether a draw hits. @param random of [0, 1) */
export function isDrawn({ denominator, numerator }: Fraction, random: number): boolean {
  return Math.floor(random * denominator) < numerator;
}
