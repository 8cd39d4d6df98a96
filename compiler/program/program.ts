/**
 * First phase: type-check and emit in one run of the compiler.
 */
import { resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { runCompiler } from './native-compiler.js';
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

export async function checkProgram(entry: string, cwd: string, workspace: Workspace): Promise<Program> {
  const path = resolve(cwd, entry);
  const project = writeProject(workspace, 'program', [path], true);
  const output = await runCompiler(project.path, cwd);
  return { entry: path, project, diagnostics: await diagnosticsOf(output, cwd) };
}
