/**
 * A configuration module -> canonical YAML and everything that is wrong with it. The phases are the lines of `compile`.
 */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Path } from '../dsl/api/index.js';
import type { Finding } from './check/finding.js';
import { findProblems } from './check/find-problems.js';
import type { Diagnostic, SourceLocation } from './diagnostics/diagnostic.js';
import type { EmittedYaml } from './emit/emit-yaml.js';
import { emitYaml } from './emit/emit-yaml.js';
import { prepareEvaluation } from './evaluate/evaluate.js';
import type { EvaluateFailure, EvaluateReply, Origin, Trace } from './evaluate/messages.js';
import type { CompileOptions, CompileResult } from './options.js';
import { pathText } from './path-text.js';
import type { Program } from './program/program.js';
import { checkProgram, prepareProgram } from './program/program.js';
import type { Workspace } from './program/project.js';
import { createWorkspace } from './program/project.js';

function locationOf({ file, line, column, length }: Origin, cwd: string): SourceLocation {
  return { file: relative(cwd, file).replaceAll('\\', '/'), line, column, length };
}

/** `through` says by which call or spread a value came; the innermost places say most. */
const maxThrough = 2;

function diagnosticOf(
  finding: Finding,
  trace: Trace | undefined,
  related: Trace | undefined,
  yaml: EmittedYaml,
  cwd: string,
): Diagnostic {
  const through = (trace?.through ?? []).slice(0, maxThrough).map((origin) => ({
    message: 'through',
    location: locationOf(origin, cwd),
  }));
  const other =
    related === undefined || finding.related === undefined
      ? []
      : [{ message: finding.related.message, location: locationOf(related.origin, cwd) }];
  return {
    severity: finding.severity,
    code: finding.code,
    message: finding.message,
    ...(trace === undefined ? {} : { location: locationOf(trace.origin, cwd) }),
    path: pathText(finding.path),
    yaml: { file: 'envoy3.yaml', line: yaml.lineOf(finding.path), column: 1 },
    ...(through.length + other.length === 0 ? {} : { related: [...other, ...through] }),
    ...(finding.fix === undefined ? {} : { help: finding.fix }),
  };
}

function diagnosticOfFailure(failure: EvaluateFailure, cwd: string): Diagnostic {
  const { code, message, help, origin, path } = failure;
  return {
    severity: 'error',
    code,
    message,
    ...(origin === undefined ? {} : { location: locationOf(origin, cwd) }),
    ...(path === undefined ? {} : { path: pathText(path) }),
    ...(help === undefined ? {} : { help }),
  };
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** Files of the user's first, then lines. */
function byPosition(a: Diagnostic, b: Diagnostic): number {
  const [left, right] = [a.location, b.location];
  if (left === undefined || right === undefined)
    return (left === undefined ? 1 : 0) - (right === undefined ? 1 : 0);
  return left.file === right.file
    ? left.line - right.line || left.column - right.column
    : left.file < right.file
      ? -1
      : 1;
}

class Compilation {
  readonly #options: CompileOptions;
  readonly #workspace: Workspace;

  constructor(options: CompileOptions, workspace: Workspace) {
    this.#options = options;
    this.#workspace = workspace;
  }

  async run(): Promise<CompileResult> {
    const { cwd, entry } = this.#options;
    const prepared = prepareProgram(entry, cwd, this.#workspace);
    const { outDir } = prepared.project;
    // The worker comes up beside the type checker.
    const evaluator = prepareEvaluation({ ...this.#request(prepared.entry), outDir }, this.#limits());
    try {
      const program = await checkProgram(prepared, cwd);
      return await this.#finish(program, await evaluator.run());
    } finally {
      evaluator.close();
    }
  }

  async #finish(program: Program, reply: EvaluateReply): Promise<CompileResult> {
    const inputs = [...new Set([program.entry, ...reply.inputs])];
    if (reply.failures.length > 0) {
      // What the type checker said explains a failed evaluation better than the failure does.
      const failures = hasErrors(program.diagnostics) ? [] : await this.#explain(program, reply.failures);
      return { diagnostics: [...program.diagnostics, ...failures], inputs };
    }
    const { bootstrap, findings } = findProblems(reply.value, this.#options);
    const yaml = emitYaml(bootstrap);
    const found = findings.length === 0 ? [] : await this.#locate(program, findings, yaml);
    const diagnostics = merge(program.diagnostics, found).sort(byPosition);
    return hasErrors(diagnostics)
      ? { diagnostics, inputs }
      : { diagnostics, yaml: yaml.text, bootstrap, inputs };
  }

  #request(entry: string) {
    return { entry, cwd: this.#options.cwd, env: this.#options.env ?? process.env };
  }

  #limits() {
    return { deadlineMs: this.#options.deadlineMs ?? 10_000, heapMb: this.#options.heapMb ?? 512 };
  }

  /** The second, instrumented evaluation: loaded only now, since most compilations have nothing to report. */
  async #trace(program: Program, paths: readonly Path[]): Promise<readonly (Trace | undefined)[]> {
    const { traceValues } = await import('./provenance/trace-values.js');
    return traceValues(program, this.#workspace, this.#request(program.entry), paths, this.#limits());
  }

  async #locate(program: Program, findings: readonly Finding[], yaml: EmittedYaml): Promise<Diagnostic[]> {
    const paths = findings.flatMap(({ path, related }) => [path, related?.path ?? path]);
    const traces = await this.#trace(program, paths);
    return findings.map((finding, index) => {
      const related = finding.related === undefined ? undefined : traces[index * 2 + 1];
      return diagnosticOf(finding, traces[index * 2], related, yaml, this.#options.cwd);
    });
  }

  /** Failures about a part of the export have a path instead of a position. */
  async #explain(program: Program, failures: readonly EvaluateFailure[]): Promise<Diagnostic[]> {
    const paths = failures.map(({ path }) => path ?? []);
    const wanted = failures.some(({ path }) => path !== undefined);
    const traces = wanted ? await this.#trace(program, paths) : [];
    return failures.map((failure, index) => {
      const traced = failure.path === undefined ? undefined : traces[index]?.origin;
      // What has no place, such as a loop without end, is somewhere below the entry.
      const origin = failure.origin ?? traced ?? { file: program.entry, line: 1, column: 1, length: 1 };
      return diagnosticOfFailure({ ...failure, origin }, this.#options.cwd);
    });
  }
}

/** Findings that the type checker explains badly: they take the place of its errors. */
const betterThanTypes: ReadonlySet<string> = new Set(['E1002', 'E1005', 'E3003']);

/** A type error stands on the line of the finding, or (on a property inside of it) on one of the next two. */
function isAbout(error: Diagnostic, found: Diagnostic): boolean {
  const [one, other] = [error.location, found.location];
  if (one === undefined || other === undefined || one.file !== other.file) return false;
  const below = one.line - other.line;
  return below === 0 || (found.code === 'E1005' && below > 0 && below <= 2);
}

/** One mistake, told by the type checker and by the reader, is told once: with the words that help. */
function merge(checked: readonly Diagnostic[], found: readonly Diagnostic[]): Diagnostic[] {
  const rest = new Set(found);
  const kept = checked.flatMap((error): Diagnostic[] => {
    const same = found.filter(
      (one) => (one.code.startsWith('E1') || one.code === 'E3003') && isAbout(error, one),
    );
    const [first] = same;
    if (first === undefined) return [error];
    if (same.some(({ code }) => betterThanTypes.has(code))) return [];
    for (const one of same) rest.delete(one);
    const help = error.help ?? first.help;
    return [
      {
        ...error,
        message: `${error.message.split('\n')[0]}\n    ${first.message}`,
        ...(first.path === undefined ? {} : { path: first.path }),
        ...(help === undefined ? {} : { help }),
      },
    ];
  });
  return [...kept, ...rest];
}

/** Compiles one module. Writes only to a temporary folder, which it removes. Rejects only on failures of the machine. */
export async function compile(options: CompileOptions): Promise<CompileResult> {
  if (!existsSync(resolve(options.cwd, options.entry))) {
    const message = `there is no file '${options.entry}'`;
    const help = 'name the entry: envoy3 build path/to/envoy3.config.ts';
    return { diagnostics: [{ severity: 'error', code: 'E0001', message, help }], inputs: [] };
  }
  const workspace = createWorkspace();
  try {
    return await new Compilation(options, workspace).run();
  } finally {
    workspace.remove();
  }
}
