/**
 * First phase: type-check and emit in one run of the compiler.
 */
import { relative, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { checkDeadlineMs, runCompiler } from './native-compiler.js';
import type { ProjectFile, Workspace } from './project.js';
import { writeProject } from './project.js';

export interface Program {
  /** Absolute path of the entry. */
  readonly entry: string;
  readonly project: ProjectFile;
  readonly diagnostics: readonly Diagnostic[];
}

/** Most programs have no errors: what tells about them is not loaded for those. */
async function diagnosticsOf(output: string, cwd: string): Promise<readonly Diagnostic[]> {
  if (output.trim() === '') return [];
  return (await import('./compiler-output.js')).parseCompilerOutput(output, cwd);
}

function late(path: string, cwd: string, deadlineMs: number): Diagnostic {
  return {
    severity: 'error',
    code: 'E2002',
    message: `the type check did not end within ${deadlineMs / 1000} s`,
    location: { file: relative(cwd, path).replaceAll('\\', '/'), line: 1, column: 1 },
    help: 'look for an import that is no regular file, or for types that are endless',
  };
}

/** @param deadlineMs time for the compiler, in milliseconds */
export async function checkProgram(
  entry: string,
  cwd: string,
  workspace: Workspace,
  deadlineMs = checkDeadlineMs,
): Promise<Program> {
  const path = resolve(cwd, entry);
  const project = writeProject(workspace, 'program', [path], true);
  const output = await runCompiler(project.path, cwd, deadlineMs);
  const diagnostics = output === undefined ? [late(path, cwd, deadlineMs)] : await diagnosticsOf(output, cwd);
  return { entry: path, project, diagnostics };
}
