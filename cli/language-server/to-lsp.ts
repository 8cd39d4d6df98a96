/**
 * Our diagnostics in the words of the Language Server Protocol.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Diagnostic as LspDiagnostic, Range } from 'vscode-languageserver/node';
import type { Diagnostic, SourceLocation } from '../../compiler/index.js';

const error = 1;
const warning = 2;
const deprecatedTag = 2;

/** Zero-based, from one-based. */
export function rangeOf({ column, length = 1, line }: SourceLocation): Range {
  const start = { line: line - 1, character: column - 1 };
  return { start, end: { line: start.line, character: start.character + length } };
}

/** What has no place stands at the beginning. */
export function toLsp(found: Diagnostic, cwd: string): LspDiagnostic {
  const location = found.location ?? { file: '', line: 1, column: 1 };
  return {
    range: rangeOf(location),
    severity: found.severity === 'error' ? error : warning,
    code: found.code,
    source: 'envoy3',
    message: found.help === undefined ? found.message : `${found.message}\n${found.help}`,
    ...(found.code === 'no-deprecated-field' ? { tags: [deprecatedTag] } : {}),
    ...(found.related === undefined
      ? {}
      : {
          relatedInformation: found.related.map((one) => ({
            message: one.message,
            location: {
              uri: pathToFileURL(resolve(cwd, one.location.file)).href,
              range: rangeOf(one.location),
            },
          })),
        }),
  };
}
