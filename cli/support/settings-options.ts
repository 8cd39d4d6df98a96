/**
 * `--settings` and `--no-settings`: which `envoy3.settings.ts` holds.
 */
import { textOption } from '../arguments.js';
import type { Option, ParsedArguments } from '../command.js';

export const settingsFlags: Readonly<Record<string, Option>> = {
  settings: { type: 'string', value: 'FILE', description: 'instead of the nearest envoy3.settings.ts' },
  'no-settings': { type: 'boolean', description: 'use no settings' },
};

export function settingsOption(args: ParsedArguments): { readonly settings?: string | false } {
  if (args.values['no-settings'] === true) return { settings: false };
  const file = textOption(args, 'settings');
  return file === undefined ? {} : { settings: file };
}
