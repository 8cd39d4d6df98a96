import { relative } from 'node:path';
import { evaluateModule } from '../../compiler/index.js';
import type { DiscoveryOptions } from '../../runtime/discovery/index.js';
import type { Io } from '../command.js';
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
  const entry = relative(io.cwd, servicesFile);
  const { close, diagnostics, value } = await evaluateModule(entry, io.cwd, io.env);
  close();
  await printDiagnostics(diagnostics, undefined, io);
  if (value === undefined) return undefined;
  return { ...rest, definitions: { name: entry, text: JSON.stringify(value) } } as unknown as Options;
}
