/**
 * Diagnostics on their way to the user.
 */
import type { Diagnostic, FormatName } from '../../compiler/index.js';
import { formatDiagnostics, formatNames } from '../../compiler/diagnostics/formats.js';
import type { Io, Option } from '../command.js';
import { UsageError } from '../command.js';
import { packageVersion } from './package.js';

export const formatOption: Option = {
  type: 'string',
  choices: formatNames,
  description:
    'how findings are printed (default text; also from ENVOY3_FORMAT). text and concise go to standard error, the others to standard output',
};

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** The option, else ENVOY3_FORMAT. @throws UsageError when the variable names no format */
function formatOf(option: string | undefined, io: Io): FormatName | undefined {
  const name = option ?? io.env.ENVOY3_FORMAT;
  if (name === undefined || name === '') return undefined;
  const found = formatNames.find((one) => one === name);
  if (found === undefined)
    throw new UsageError(`ENVOY3_FORMAT takes ${formatNames.join(', ')}; got '${name}'`);
  return found;
}

/**
 * Text is a message (standard error), everything else is data (standard output). Where GitHub Actions runs it and nobody
 * asked for a format, annotations follow the text.
 */
export async function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  option: string | undefined,
  io: Io,
): Promise<void> {
  const format = formatOf(option, io);
  const context = { color: io.color, cwd: io.cwd, version: packageVersion() };
  const text = await formatDiagnostics(format ?? 'text', diagnostics, context);
  if (format !== undefined && format !== 'text' && format !== 'concise') {
    io.stdout(text);
    return;
  }
  if (text !== '') io.stderr(text);
  if (format === undefined && io.env.GITHUB_ACTIONS === 'true' && diagnostics.length > 0) {
    io.stderr(await formatDiagnostics('github', diagnostics, context));
  }
}
