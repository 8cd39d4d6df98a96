import type { Diagnostic, SourceLocation } from './diagnostic.js';

function place({ file, line, column, length }: SourceLocation) {
  const start = { line, column };
  return {
    path: file,
    range: length === undefined ? { start } : { start, end: { line, column: column + length } },
  };
}

/** Reviewdog's diagnostic format (`rdjson`). */
export function formatRdjson(diagnostics: readonly Diagnostic[]): string {
  const result = {
    source: { name: 'envoy3' },
    diagnostics: diagnostics.map(({ severity, code, message, location, help, related }) => ({
      message: help === undefined ? message : `${message}\nFix: ${help}`,
      location: location === undefined ? { path: '' } : place(location),
      severity: severity.toUpperCase(),
      code: { value: code },
      ...(related === undefined
        ? {}
        : {
            relatedLocations: related.map((one) => ({ message: one.message, location: place(one.location) })),
          }),
    })),
  };
  return `${JSON.stringify(result)}\n`;
}
