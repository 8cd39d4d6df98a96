import type { Diagnostic } from './diagnostic.js';

/** Raised when a field changes its meaning or goes; new fields may come without. */
export const jsonVersion = 1;

/** For programs: one line, `{"version": 1, "diagnostics": [...]}`. Its schema is `docs/diagnostics.schema.json`. */
export function formatJson(diagnostics: readonly Diagnostic[]): string {
  return `${JSON.stringify({ version: jsonVersion, diagnostics })}\n`;
}
