/**
 * `ApiHistory` -> `generated/history.ts`: loaded only when a release other than the newest is asked for.
 */
import type { ApiHistory } from '../../api/model/api-history.js';

export function writeHistory(history: ApiHistory): string {
  const text = JSON.stringify(JSON.stringify(history));
  return [
    '// Generated from dsl/generate/facts by dsl/generate/main.ts. Not committed, not edited.',
    "import type { ApiHistory } from '../model/api-history.js';",
    '',
    '/** What older releases differ in from the one of `table`. */',
    `export const history: ApiHistory = JSON.parse(${text});`,
    '',
  ].join('\n');
}
