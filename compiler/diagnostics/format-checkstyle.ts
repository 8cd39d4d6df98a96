import type { Diagnostic } from './diagnostic.js';
import { xmlAttributes } from './xml-text.js';

/** Checkstyle's XML, which Jenkins and reviewdog read: findings by file. */
export function formatCheckstyle(diagnostics: readonly Diagnostic[]): string {
  const files = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const file = diagnostic.location?.file ?? '';
    files.set(file, [...(files.get(file) ?? []), diagnostic]);
  }
  const body = [...files].map(([name, found]) => {
    const errors = found.map(({ location, severity, message, code }) => {
      const place: Record<string, number> =
        location === undefined ? {} : { line: location.line, column: location.column };
      return `    <error${xmlAttributes({ ...place, severity, message, source: `envoy3.${code}` })}/>\n`;
    });
    return `  <file${xmlAttributes({ name })}>\n${errors.join('')}  </file>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="4.3">\n${body.join('')}</checkstyle>\n`;
}
