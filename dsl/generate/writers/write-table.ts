/**
 * `ApiModel` -> `generated/table.ts`. The data is a string that is parsed on load: V8 parses JSON faster than the same
 * object literal, and the type checker does not have to look at a megabyte of it.
 */
import type { ApiModel } from '../../api/model/api-model.js';

export function writeTable(model: ApiModel): string {
  const text = JSON.stringify(JSON.stringify(model));
  return [
    '// Generated from dsl/generate/facts by dsl/generate/main.ts. Not committed, not edited.',
    "import type { ApiModel } from '../model/api-model.js';",
    '',
    '/** The API of the Envoy release whose facts were built. */',
    `export const table: ApiModel = JSON.parse(${text});`,
    '',
  ].join('\n');
}
