/**
 * The value that a module exports by default, type-checked first: for what is typed like a configuration and is none,
 * such as service definitions.
 */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Diagnostic } from './diagnostics/diagnostic.js';
import { evaluate } from './evaluate/evaluate.js';
import type { CompileOptions } from './options.js';
import { checkProgram } from './program/program.js';
import { createWorkspace } from './program/project.js';

export interface EvaluatedModule {
  /** undefined when there are errors. */
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** Evaluates as a configuration is: with a deadline and a heap limit, without clock, network and randomness. */
export async function evaluateModule(options: CompileOptions): Promise<EvaluatedModule> {
  const { cwd, deadlineMs = 10_000, entry, env = process.env, heapMb = 512 } = options;
  if (!existsSync(resolve(cwd, entry))) {
    const message = `there is no file '${entry}'`;
    return { value: undefined, diagnostics: [{ severity: 'error', code: 'E0001', message }] };
  }
  const workspace = createWorkspace();
  try {
    const program = await checkProgram(entry, cwd, workspace);
    const request = { entry: program.entry, cwd, env, outDir: program.project.outDir };
    const { failures, value } = await evaluate(request, { deadlineMs, heapMb });
    const failed = failures.map(({ code, message, origin }): Diagnostic => {
      const file = relative(cwd, origin?.file ?? program.entry).replaceAll('\\', '/');
      const location = { line: 1, column: 1, length: 1, ...origin, file };
      return { severity: 'error', code, message, location };
    });
    const diagnostics = [...program.diagnostics, ...failed];
    const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
    return { value: hasErrors ? undefined : value, diagnostics };
  } finally {
    workspace.remove();
  }
}
