/**
 * argv -> options and positionals, strictly: an unknown option is an error with the nearest one that exists.
 */
import { parseArgs } from 'node:util';
import { nearName } from '../dsl/api/reader/near-name.js';
import type { Command, Option, ParsedArguments } from './command.js';
import { UsageError } from './command.js';

/** `--no-watch` turns `watch` off; `parseArgs` of Node 20 takes it as an option of its own, which is how it is declared. */
export function parseArguments(command: Command, argv: readonly string[]): ParsedArguments {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, help: { type: 'boolean' as const, short: 'h' } }).map(
      ([name, { type, short }]) => [name, { type, ...(short === undefined ? {} : { short }) }],
    ),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | boolean | undefined> = {};
  const positionals: string[] = [];
  const lists: Record<string, string[]> = {};
  for (const token of tokens ?? []) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = token.name === 'help' ? { type: 'boolean' } : command.options[token.name];
    if (option === undefined) {
      const near = nearName(token.name, Object.keys(command.options));
      throw new UsageError(
        `unknown option '${token.rawName}'${near === undefined ? '' : `; did you mean '--${near}'?`}`,
      );
    }
    if (option.type === 'string' && token.value === undefined) {
      throw new UsageError(`option '${token.rawName}' needs a value`);
    }
    const takesValue = (option as Option).optionalValue === true;
    if (option.type === 'boolean' && token.value !== undefined && !takesValue) {
      throw new UsageError(`option '${token.rawName}' takes no value`);
    }
    const { choices } = option as { choices?: readonly string[] };
    if (choices !== undefined && !choices.includes(token.value ?? '')) {
      throw new UsageError(`option '${token.rawName}' takes ${choices.join(', ')}; got '${token.value}'`);
    }
    values[token.name] = token.value ?? true;
    if ((option as Option).multiple === true)
      lists[token.name] = [...(lists[token.name] ?? []), token.value ?? ''];
  }
  if (positionals.length > command.maxPositionals && values.help !== true) {
    throw new UsageError(`unexpected argument '${positionals[command.maxPositionals]}'`);
  }
  return { values, positionals, lists };
}

/** A whole number of an option. @throws UsageError */
export function numberOption(
  args: ParsedArguments,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const text = args.values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (typeof text !== 'string' || !/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`option '--${name}' takes a whole number from ${min} to ${max}; got '${text}'`);
  }
  return value;
}

/** A text option, undefined when it was not given. */
export function textOption(args: ParsedArguments, name: string): string | undefined {
  const value = args.values[name];
  return typeof value === 'string' ? value : undefined;
}
