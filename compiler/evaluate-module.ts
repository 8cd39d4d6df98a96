/**
 * A module whose default export is data of another kind than a bootstrap (route tests, say): checked and evaluated in
 * the same sandbox, with positions for whatever is said about it.
 */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Path } from '../dsl/api/index.js';
import type { Diagnostic, SourceLocation } from './diagnostics/diagnostic.js';
import { evaluate } from './evaluate/evaluate.js';
import { checkProgram } from './program/program.js';
import { createWorkspace } from './program/project.js';

/** The default export of a module as plain data, open until `close`. */
export interface EvaluatedModule {
  /** undefined when there are errors. */
  readonly value?: unknown;
  readonly diagnostics: readonly Diagnostic[];
  /** Where the values at these paths were written, as far as that is known. Works once, before `close`. */
  locate(paths: readonly Path[]): Promise<readonly (SourceLocation | undefined)[]>;
  /** Removes what the compilation has put on disk. */
  close(): void;
}

const limits = { deadlineMs: 10_000, heapMb: 512 };

/** @param entry absolute, or relative to `cwd` */
export async function evaluateModule(
  entry: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<EvaluatedModule> {
  if (!existsSync(resolve(cwd, entry))) {
    const message = `there is no file '${entry}'`;
    return {
      diagnostics: [{ severity: 'error', code: 'E0001', message }],
      locate: async (paths) => paths.map(() => undefined),
      close: () => undefined,
    };
  }
  const workspace = createWorkspace();
  const program = await checkProgram(entry, cwd, workspace);
  const request = { entry: program.entry, cwd, env };
  const reply = await evaluate({ ...request, outDir: program.project.outDir }, limits);
  const locationOf = (origin: {
    file: string;
    line: number;
    column: number;
    length: number;
  }): SourceLocation => ({
    ...origin,
    file: relative(cwd, origin.file).replaceAll('\\', '/'),
  });
  const failures = reply.failures.map(
    ({ code, help, message, origin }): Diagnostic => ({
      severity: 'error',
      code,
      message: message.replace(
        'the default export is no bootstrap object',
        'the default export is no object',
      ),
      location: locationOf(origin ?? { file: program.entry, line: 1, column: 1, length: 1 }),
      ...(help === undefined || code === 'E2005' ? {} : { help }),
    }),
  );
  const wrong = program.diagnostics.some(({ severity }) => severity === 'error');
  return {
    ...(wrong || failures.length > 0 ? {} : { value: reply.value }),
    diagnostics: wrong ? program.diagnostics : [...program.diagnostics, ...failures],
    async locate(paths) {
      if (paths.length === 0) return [];
      const { traceValues } = await import('./provenance/trace-values.js');
      const traces = await traceValues(program, workspace, request, paths, limits);
      return traces.map((trace) => trace && locationOf(trace.origin));
    },
    close: () => workspace.remove(),
  };
}
