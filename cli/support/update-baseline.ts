/**
 * `--update-baseline`: the findings of today become the ones that are let through.
 */
import { relative, resolve } from 'node:path';
import type { Diagnostic } from '../../compiler/index.js';
import {
  baselineFileOf,
  entriesOf,
  findSettings,
  formatBaseline,
  ruleNames,
  writeOutput,
} from '../../compiler/index.js';
import type { Io } from '../command.js';
import { UsageError } from '../command.js';

/**
 * @param settings as given by the user. Default: the nearest file
 * @param checkWith gives all findings; the old baseline is put out of the way before
 */
export async function updateBaseline(
  settings: string | undefined,
  io: Io,
  checkWith: (settings: string) => Promise<readonly Diagnostic[]>,
): Promise<number> {
  const file = settings === undefined ? findSettings(io.cwd) : resolve(io.cwd, settings);
  const baseline = file === undefined ? undefined : await baselineFileOf(file, io.cwd, io.env);
  if (file === undefined || baseline === undefined) {
    throw new UsageError(
      "there are no settings that name a baseline; write lint: { baseline: 'envoy3-baseline.json' }",
    );
  }
  writeOutput(baseline, formatBaseline([]));
  const found = (await checkWith(file)).filter(({ code }) => ruleNames.includes(code) || code.includes('/'));
  const folder = resolve(baseline, '..');
  const fileOf = (name: string): string => relative(folder, resolve(io.cwd, name)).replaceAll('\\', '/');
  const entries = found.flatMap((one) => entriesOf(one, fileOf));
  writeOutput(baseline, formatBaseline(entries));
  io.stderr(`envoy3: ${entries.length} findings are let through from now on\n`);
  return 0;
}
