/**
 * For commands that look at configurations without judging them.
 */
import type { Io } from '../command.js';
import { UsageError } from '../command.js';
import { loadConfiguration } from './load-configuration.js';
import { printDiagnostics } from './print-diagnostics.js';

/** Canonical bootstraps; undefined when one has errors, which have been printed then. @throws UsageError */
export async function loadBootstraps(
  sources: readonly string[],
  io: Io,
): Promise<readonly unknown[] | undefined> {
  const values: unknown[] = [];
  let failed = false;
  for (const source of sources) {
    const { errors, kind, value } = await loadConfiguration(source, io);
    if (kind !== 'bootstrap') throw new UsageError(`'${source}' is a route configuration, not a bootstrap`);
    await printDiagnostics(errors, undefined, io);
    failed ||= errors.length > 0;
    values.push(value);
  }
  return failed ? undefined : values;
}

/** What every command takes as a configuration, for `--help`. */
export const sourcesText =
  "A configuration is a module, a YAML or JSON file, '-', a file of a git revision (main:envoy.yaml), or the URL of an\nadmin interface, whose /config_dump is taken.";
