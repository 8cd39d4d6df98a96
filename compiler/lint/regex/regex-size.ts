/**
 * How large the program of a regular expression is: one step for each character or set, repeats written out.
 */
import type { Regex } from './parse-regex.js';
import { parseRegex } from './parse-regex.js';

/** Steps of a tree. Counted repeats count as often as they may be taken. */
export function stepsOf(regex: Regex): number {
  switch (regex.kind) {
    case 'set':
      return 1;
    case 'sequence':
      return regex.parts.reduce((sum, part) => sum + stepsOf(part), 0);
    case 'choice':
      return regex.parts.reduce((sum, part) => sum + 1 + stepsOf(part), 0);
    case 'repeat':
      return stepsOf(regex.part) * Math.max(1, regex.max ?? regex.min) + 1;
  }
}

/** undefined when the expression cannot be told apart. */
export function regexSize(text: string): number | undefined {
  const regex = parseRegex(text);
  return regex === undefined ? undefined : stepsOf(regex);
}
