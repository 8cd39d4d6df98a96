/**
 * The pages of `--help`.
 */
import type { Command } from './command.js';

/** Two columns, the second one aligned. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}

function optionRows(command: Command): (readonly [string, string])[] {
  const rows = Object.entries(command.options).map(([name, option]) => {
    const shown = option.choices?.join('|') ?? option.value ?? 'VALUE';
    const value = option.type === 'string' ? ` ${shown}` : option.optionalValue === true ? `[=${shown}]` : '';
    const short = option.short === undefined ? '    ' : `-${option.short}, `;
    return [`${short}--${name}${value}`, option.description] as const;
  });
  return [...rows, ['-h, --help', 'this page'] as const];
}

export function commandHelp(command: Command): string {
  return [
    `envoy3 ${command.name}: ${command.summary}\n\n`,
    `Usage: envoy3 ${command.name} ${command.usage}\n\n`,
    `${command.description}\n\n`,
    `Options:\n${columns(optionRows(command))}\n`,
    `Examples:\n${columns(command.examples)}`,
  ].join('');
}

export function overview(commands: readonly { readonly name: string; readonly summary: string }[]): string {
  return [
    'envoy3: Envoy configuration as typed TypeScript, and a proxy that runs it\n\n',
    'Usage: envoy3 COMMAND [OPTIONS]\n\n',
    `Commands:\n${columns(commands.map(({ name, summary }) => [name, summary] as const))}\n`,
    `Options:\n${columns([
      ['-h, --help', 'this page; after a command, its page'],
      ['-V, --version', 'the version'],
    ])}\n`,
    'Exit codes: 0 good, 1 findings or a failed run, 2 wrong use.\n',
  ].join('');
}
