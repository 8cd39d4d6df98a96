/**
 * The configuration that a target ships: a file as it is, a module as it compiles.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkFile, compile } from '../../compiler/index.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';
import type { Io } from '../command.js';
import { UsageError } from '../command.js';
import { printDiagnostics } from '../support/print-diagnostics.js';
import type { ShippedConfiguration } from './render-target.js';

/** @throws UsageError */
function readText(path: string, cwd: string): string {
  const full = resolve(cwd, path);
  const stat = statSync(full, { throwIfNoEntry: false });
  if (stat === undefined) throw new UsageError(`there is no file '${path}'; name the configuration with -c`);
  if (!stat.isFile()) throw new UsageError(`'${path}' is no file; name the configuration with -c`);
  return readFileSync(full, 'utf8');
}

/**
 * What has errors is not shipped: they are printed. Warnings are the business of `envoy3 check`.
 * @returns undefined after errors
 * @throws UsageError when there is no such file
 */
export async function shipConfiguration(path: string, io: Io): Promise<ShippedConfiguration | undefined> {
  const text = path === '-' ? await io.stdin() : readText(path, io.cwd);
  const isModule = /\.[cm]?[jt]s$/.test(path);
  const compiled = isModule ? await compile({ entry: path, cwd: io.cwd, env: io.env }) : undefined;
  const label = path === '-' ? '<stdin>' : path;
  const found = compiled?.diagnostics ?? (await checkFile(text, { file: label, cwd: io.cwd }));
  const errors = found.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    await printDiagnostics(errors, undefined, io);
    return undefined;
  }
  if (compiled !== undefined) return { text: compiled.yaml ?? '', bootstrap: compiled.bootstrap };
  return { text, bootstrap: readMessage('envoy.config.bootstrap.v3.Bootstrap', readYaml(text).value).value };
}
