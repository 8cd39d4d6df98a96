/**
 * Regular expressions that RE2 cannot compile.
 */
import { RE2JS } from 're2js';
import type { Finding } from './finding.js';
import { objectsOf } from './walk.js';

const matcherKeys: ReadonlySet<string> = new Set(['regex', 'google_re2', 'engine_type']);

/** Every `RegexMatcher`, told by its fields: no other message has only these. */
export function regexes(bootstrap: unknown): Finding[] {
  const findings: Finding[] = [];
  for (const { value, path } of objectsOf(bootstrap)) {
    const { regex } = value;
    if (typeof regex !== 'string' || !Object.keys(value).every((key) => matcherKeys.has(key))) continue;
    try {
      RE2JS.compile(regex);
    } catch (error) {
      findings.push({
        code: 'E3012',
        severity: 'error',
        path: [...path, 'regex'],
        message: `not a regular expression of RE2: ${(error as Error).message}`,
        fix: 'RE2 has no look-around and no back references, and repeats at most 1,000 times',
      });
    }
  }
  return findings;
}
