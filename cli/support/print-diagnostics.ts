/**
 * Diagnostics on their way to the user.
 */
import type { Diagnostic } from '../../compiler/index.js';
import { formatJson, formatText } from '../../compiler/index.js';
import type { Io, Option } from '../command.js';

export const formatOption: Option = {
  type: 'string',
  choices: ['text', 'json'],
  description: 'how findings are printed (default text, on standard error; json goes to standard output)',
};

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** Text is a message (standard error), JSON is data (standard output). */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: string | undefined,
  io: Io,
): void {
  if (format === 'json') io.stdout(formatJson(diagnostics));
  else if (diagnostics.length > 0) io.stderr(formatText(diagnostics, { color: io.color, cwd: io.cwd }));
}
