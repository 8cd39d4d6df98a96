import type { Diagnostic } from './diagnostic.js';

/** `file:line:col: severity CODE message`, one line each: what editors and problem matchers read. */
export function formatConcise(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map(({ severity, code, message, location, sites }) => {
      const place = location === undefined ? '' : `${location.file}:${location.line}:${location.column}: `;
      const more = sites === undefined ? '' : ` (and ${sites.length} more places)`;
      return `${place}${severity} ${code} ${message.replace(/\s*\n\s*/g, ': ')}${more}\n`;
    })
    .join('');
}
