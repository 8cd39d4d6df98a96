/**
 * The worker that evaluates a configuration. It ends after one reply; the parent owns the deadline.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, parse, relative, resolve } from 'node:path';
import { parentPort } from 'node:worker_threads';
import * as envoy3 from '../../dsl/index.js';
import { createTracer } from '../provenance/tracer.js';
import type { EvaluateFailure, EvaluateReply, EvaluateRequest } from './messages.js';
import { ModuleLoader } from './module-loader.js';
import { toPlainValue } from './plain-value.js';
import { createSandbox, SandboxError } from './sandbox.js';
import { originOfStack } from './source-positions.js';

/** Done before the reply is sent: the parent ends the worker when it has it. */
export const beforeReply: (() => void)[] = [];

let request: EvaluateRequest;
const inputs = new Set<string>();

/** `/tmp/x/out/home/me/a.js` was emitted from `/home/me/a.ts` (or from a `.js` of the user's). */
function sourceOf(path: string): string {
  if (!path.startsWith(request.outDir)) return path;
  const source = join(parse(request.entry).root, relative(request.outDir, path));
  const typed = source.replace(/\.([cm]?)js$/, '.$1ts');
  return existsSync(typed) ? typed : source;
}

function emittedEntry(): string {
  const path = join(request.outDir, relative(parse(request.entry).root, request.entry));
  return path.replace(/\.([cm]?)ts$/, '.$1js');
}

/** Of one file that a configuration reads. */
const maxInputBytes = 64 * 1024 * 1024;

/** The declared inputs: what `env` and `readFile` of `envoy3` ask. */
Object.defineProperty(globalThis, Symbol.for('envoy3.inputs'), {
  value: {
    env: (name: string) => request.env[name],
    readFile(path: string) {
      const full = resolve(request.cwd, path);
      inputs.add(full);
      try {
        // Pipes and devices may never end, and reading one could not be stopped.
        const stat = statSync(full);
        const what = stat.isDirectory() ? 'is a folder' : stat.isFile() ? undefined : 'is no regular file';
        const large = stat.size > maxInputBytes ? `has more than ${maxInputBytes >> 20} MiB` : undefined;
        const odd = what ?? large;
        if (odd !== undefined) throw new SandboxError('E2007', `'${path}' ${odd}`, 'name a file');
        return readFileSync(full, 'utf8');
      } catch (error) {
        if (error instanceof SandboxError) throw error;
        const reason =
          (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : (error as Error).message;
        throw new SandboxError('E2007', `the file '${path}' ${reason}`, `it is looked for at ${full}`);
      }
    },
  },
});

function failureOf(error: unknown): EvaluateFailure {
  const { stack = '', message = String(error) } = (error ?? {}) as { stack?: string; message?: string };
  const origin = originOfStack(stack, request.outDir, sourceOf);
  if (error instanceof SandboxError) {
    return {
      code: error.code,
      message: error.message,
      help: error.help,
      ...(origin === undefined ? {} : { origin }),
    };
  }
  const reference = /^(\w+) is not defined$/.exec(message);
  const help =
    reference === null ? undefined : 'a configuration has the language and envoy3, nothing of Node';
  return {
    code: 'E2001',
    message: `the configuration failed: ${message}`,
    ...(help === undefined ? {} : { help }),
    ...(origin === undefined ? {} : { origin }),
  };
}

async function evaluate(): Promise<EvaluateReply> {
  const context = createSandbox((text) => process.stderr.write(text));
  const tracer = request.trace === undefined ? undefined : createTracer(request.trace.sites);
  if (tracer !== undefined) Object.assign(context, { __envoy3: tracer.hooks });
  const loader = new ModuleLoader({ context, provided: { envoy3 }, sourceOf });
  try {
    const exports = loader.load(emittedEntry()) as { default?: unknown };
    const exported = await exports.default;
    if (request.mode !== undefined) {
      const { settingsReply } = await import('./settings-module.js');
      return settingsReply(request, exported);
    }
    const value: unknown = await (typeof exported === 'function' ? (exported as () => unknown)() : exported);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const what =
        'default' in exports ? 'the default export is no bootstrap object' : 'there is no default export';
      const failure = { code: 'E2005', message: what, help: 'write: export default bootstrap({ ... })' };
      return { failures: [failure], inputs: [] };
    }
    const plain = toPlainValue(value);
    const traces = request.trace?.paths.map((path) => tracer?.locate(value, path));
    return {
      value: plain.value,
      failures: plain.failures,
      inputs: [],
      ...(traces === undefined ? {} : { traces }),
    };
  } catch (error) {
    return { failures: [failureOf(error)], inputs: [] };
  } finally {
    for (const path of loader.loaded) inputs.add(sourceOf(path));
  }
}

/** The worker is started before there is anything to evaluate. */
parentPort?.once('message', async (given: EvaluateRequest) => {
  request = given;
  const reply = await evaluate();
  for (const task of beforeReply) task();
  parentPort?.postMessage({ ...reply, inputs: [...inputs] });
});
