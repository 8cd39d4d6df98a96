/**
 * Runs the command line: short-lived commands from the bundle, those that stay from their own files.
 */
import type { workerEntry } from '../../compiler/evaluate/worker-entry.js';
import type { main } from '../main.js';
import type { processIo } from '../process-io.js';
import { loadBundle } from './load-bundle.js';

interface CommandLine {
  readonly main: typeof main;
  readonly processIo: typeof processIo;
  readonly end?: () => void;
}

/** These stay: they are not in the bundle. */
const lasting: ReadonlySet<string> = new Set(['serve', 'discovery', 'lsp']);

async function fromFiles(): Promise<CommandLine> {
  const [{ main }, { processIo }] = await Promise.all([import('../main.js'), import('../process-io.js')]);
  return { main, processIo };
}

/** @param command the first argument: what V8 compiled is kept for each */
async function commandLine(command: string): Promise<CommandLine> {
  const bundle = lasting.has(command)
    ? undefined
    : loadBundle('command', /^[a-z]{1,12}$/.test(command) ? command : 'other');
  if (bundle === undefined) return fromFiles();
  const { main } = bundle.load('cli/main.js') as Pick<CommandLine, 'main'>;
  const { processIo } = bundle.load('cli/process-io.js') as Pick<CommandLine, 'processIo'>;
  const worker = bundle.load('compiler/evaluate/worker-entry.js') as { workerEntry: typeof workerEntry };
  worker.workerEntry.url = new URL('./evaluation-worker.js', import.meta.url);
  return { main, processIo, end: () => bundle.keep() };
}

const { end, main: run, processIo: io } = await commandLine(process.argv[2] ?? '');
process.exitCode = await run(process.argv.slice(2), io);
end?.();
