import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { evaluateModule } from '../../compiler/evaluate-module.js';
import type { DiscoveryOptions } from '../../runtime/discovery/index.js';
import type { Io } from '../command.js';
import { UsageError } from '../command.js';
import { printDiagnostics } from './print-diagnostics.js';

/**
 * Service definitions of a TypeScript module (`export default defineServices([...])`) as those of a file.
 * @returns undefined when they are wrong, which is printed
 */
export async function withTypedServices<Options extends DiscoveryOptions>(
  options: Options,
  io: Io,
): Promise<Options | undefined> {
  const { servicesFile, ...rest } = options;
  if (servicesFile === undefined || !/\.m?ts$/.test(servicesFile)) return options;
  if (!existsSync(servicesFile)) throw new UsageError(`there is no file '${servicesFile}'`);
  const entry = relative(io.cwd, servicesFile);
  const module = await evaluateModule(entry, io.cwd, io.env);
  try {
    printDiagnostics(module.diagnostics, undefined, io);
    if (module.value === undefined) return undefined;
    return {
      ...rest,
      definitions: { name: entry, text: JSON.stringify(module.value) },
    } as unknown as Options;
  } finally {
    module.close();
  }
}
