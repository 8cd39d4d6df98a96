import type { Diagnostic } from './diagnostic.js';

/** For programs: `{"diagnostics": [...]}`, one line. The shape of `Diagnostic` is stable. */
export function formatJson(diagnostics: readonly Diagnostic[]): string {
  return `${JSON.stringify({ diagnostics })}\n`;
}
