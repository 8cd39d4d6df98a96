/**
 * Where in TypeScript the values at some paths come from. Runs only when there is something to say about them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, parse, relative } from 'node:path';
import { API } from 'typescript/unstable/sync';
import type { Path } from '../../dsl/api/index.js';
import type { EvaluateLimits } from '../evaluate/evaluate.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { EvaluateRequest, Site, Trace } from '../evaluate/messages.js';
import { runCompiler } from '../program/native-compiler.js';
import type { Program } from '../program/program.js';
import type { Workspace } from '../program/project.js';
import { writeProject } from '../program/project.js';
import { instrument } from './instrument.js';

/** TypeScript's process, inside of its API. */
interface Inside {
  readonly client?: {
    readonly channel?: { readonly child?: { kill(signal: 'SIGKILL'): void }; close(): void };
  };
}

/** Asked to end, the process writes "context canceled" on standard error: it is not asked. */
function close(api: API): void {
  const channel = (api as unknown as Inside).client?.channel;
  if (channel?.child === undefined) api.close();
  else {
    channel.child.kill('SIGKILL');
    channel.close();
  }
}

/** Instrumented copies of all modules of the program, mirrored below a folder. */
function writeCopies(program: Program, folder: string): { readonly files: string[]; readonly sites: Site[] } {
  const api = new API({ cwd: dirname(program.entry) });
  const sites: Site[] = [];
  const files: string[] = [];
  try {
    const [project] = api.updateSnapshot({ openProjects: [program.project.path] }).getProjects();
    const sources = project?.program.getSourceFileNames() ?? [];
    for (const name of sources) {
      const file = project?.program.getSourceFile(name);
      if (file === undefined || /\.d\.[cm]?ts$/.test(name) || name.includes('/node_modules/')) continue;
      const copy = join(folder, relative(parse(name).root, name));
      mkdirSync(dirname(copy), { recursive: true });
      writeFileSync(copy, name.endsWith('.json') ? file.text : instrument(file, name, sites));
      files.push(copy);
    }
  } finally {
    close(api);
  }
  return { files, sites };
}

/** @returns one trace a path; undefined where the origin is not known */
export async function traceValues(
  program: Program,
  workspace: Workspace,
  request: Omit<EvaluateRequest, 'outDir'>,
  paths: readonly Path[],
  limits: EvaluateLimits,
): Promise<readonly (Trace | undefined)[]> {
  const folder = join(workspace.folder, 'instrumented');
  const { files, sites } = writeCopies(program, folder);
  const project = writeProject(workspace, 'traced', files, false);
  await runCompiler(project.path, dirname(program.entry));
  // The copies are mirrored once by us and once by the compiler.
  const outDir = join(project.outDir, relative(parse(folder).root, folder));
  const reply = await evaluate({ ...request, outDir, trace: { sites, paths } }, limits);
  return reply.traces ?? paths.map(() => undefined);
}
