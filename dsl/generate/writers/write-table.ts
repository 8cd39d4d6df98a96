/**
 * `ApiModel` -> `generated/table.ts`. The data is a string that is parsed on load: V8 parses JSON faster than the same
 * object literal, and the type checker does not have to look at a megabyte of it. Messages and enums are parsed when they
 * are asked for.
 */
import type { ApiModel } from '../../api/model/api-model.js';
import { lazyRecordText } from '../../api/model/lazy-record.js';

export function writeTable(model: ApiModel): string {
  const { messages, enums, ...rest } = model;
  const lazy = (record: Readonly<Record<string, unknown>>) =>
    `lazyRecord(${JSON.stringify(lazyRecordText(record))})`;
  return [
    '// Generated from dsl/generate/facts by dsl/generate/main.ts. Not committed, not edited.',
    "import type { ApiModel } from '../model/api-model.js';",
    "import { lazyRecord } from '../model/lazy-record.js';",
    '',
    '/** The API of the Envoy release whose facts were built. */',
    'export const table: ApiModel = {',
    `  ...JSON.parse(${JSON.stringify(JSON.stringify(rest))}),`,
    `  messages: ${lazy(messages)},`,
    `  enums: ${lazy(enums)},`,
    '};',
    '',
  ].join('\n');
}
