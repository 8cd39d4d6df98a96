/**
 * A configuration module -> canonical YAML and everything that is wrong with it. The phases are the lines of `compile`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Path } from '../dsl/api/index.js';
import type { Finding } from './check/finding.js';
import { mergeSites } from './diagnostics/causes.js';
import type { Diagnostic, SourceLocation } from './diagnostics/diagnostic.js';
import { hideSecrets, secretsOf } from './diagnostics/secrets.js';
import type { EmittedYaml } from './emit/emit-yaml.js';
import { prepareEvaluation } from './evaluate/evaluate.js';
import type { EvaluateFailure, Origin, Trace } from './evaluate/messages.js';
import type { TextEdit } from './fix/change.js';
import { editFor } from './fix/text-edits.js';
import type { LintConfig } from './lint/lint-config.js';
import { disableComments } from './lint/disable-comments.js';
import type * as laterPhases from './later-phases.js';
import { namedPath } from './named-path.js';
import type { CompileOptions, CompileResult } from './options.js';
import { pathText } from './path-text.js';
import type { Program } from './program/program.js';
import { checkProgram } from './program/program.js';
import type { Workspace } from './program/project.js';
import { createWorkspace } from './program/project.js';
import type { LoadedSettings } from './settings/load-settings.js';
import { loadSettings } from './settings/load-settings.js';

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
  bootstrap: unknown,
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
    identity: namedPath(bootstrap, finding.path),
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
  readonly #lines = new Map<string, readonly string[]>();
  #cleanUp: () => void = () => undefined;
  #discard: () => void = () => undefined;

  constructor(options: CompileOptions, workspace: Workspace) {
    this.#options = options;
    this.#workspace = workspace;
  }

  async run(): Promise<CompileResult> {
    const { cwd, entry } = this.#options;
    // Settings are compiled while the configuration is: most projects have none.
    const loading = this.#settings();
    const checking = checkProgram(entry, cwd, this.#workspace, this.#options.checkDeadlineMs);
    // All of this is loaded and started while the type checker runs.
    const [later, evaluation] = [import('./later-phases.js'), prepareEvaluation(this.#limits())];
    this.#discard = () => evaluation.discard();
    const program = await checking;
    const reply = await evaluation.run({ ...this.#request(program), outDir: program.project.outDir });
    const settings = await loading;
    const { findProblems, emitYaml, suppress } = await later;
    const inputs = [...new Set([program.entry, ...reply.inputs, ...settings.inputs])];
    if (reply.failures.length > 0) {
      // What the type checker said explains a failed evaluation better than the failure does.
      const failures = hasErrors(program.diagnostics) ? [] : await this.#explain(program, reply.failures);
      return { diagnostics: [...settings.diagnostics, ...program.diagnostics, ...failures], inputs };
    }
    const lint = this.#options.lint ?? settings.lint;
    const target = this.#options.target ?? settings.target;
    const options = { ...this.#options, lint, ...(target === undefined ? {} : { target }) };
    const { bootstrap, findings, lint: ran } = findProblems(reply.value, options);
    const own = await settings.runOwn(bootstrap, ran?.own ?? []);
    const yaml = emitYaml(bootstrap);
    const all = [...findings, ...own.findings];
    const found = all.length === 0 ? [] : await this.#locate(program, all, yaml, bootstrap);
    const open = ran === undefined ? found : suppress(found, this.#suppressions(ran, settings, reply.inputs));
    const secrets = secretsOf(reply.value);
    const merged = merge(program.diagnostics, mergeSites(open))
      .sort(byPosition)
      .map((one) => hideSecrets(one, secrets, (file) => this.#linesOf(file)));
    const diagnostics = [...settings.diagnostics, ...own.diagnostics, ...merged];
    return hasErrors(diagnostics)
      ? { diagnostics, inputs }
      : { diagnostics, yaml: yaml.text, bootstrap, inputs };
  }

  #settings(): Promise<LoadedSettings> {
    const { cwd, entry, settings, env } = this.#options;
    const folder = dirname(resolve(cwd, entry));
    const more = { ...(settings === undefined ? {} : { settings }), ...(env === undefined ? {} : { env }) };
    return loadSettings({ cwd, folder, limits: this.#limits(), ...more }).then((loaded) => {
      this.#cleanUp = () => loaded.remove();
      return loaded;
    });
  }

  #editOf({ path, change }: Finding, location: SourceLocation): TextEdit | undefined {
    const lines = this.#linesOf(location.file);
    return change === undefined || lines === undefined
      ? undefined
      : editFor(lines.join('\n'), location, path.at(-1), change);
  }

  #linesOf(file: string): readonly string[] | undefined {
    let lines = this.#lines.get(file);
    if (lines === undefined) {
      const path = resolve(this.#options.cwd, file);
      lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : undefined;
      if (lines !== undefined) this.#lines.set(file, lines);
    }
    return lines;
  }

  /** Comments may stand in every module of the program, those of packages aside. */
  #suppressions(
    lint: LintConfig,
    { baseline }: LoadedSettings,
    modules: readonly string[],
  ): Parameters<typeof laterPhases.suppress>[1] {
    const own = modules.filter((file) => /\.[cm]?[jt]s$/.test(file) && !file.includes('/node_modules/'));
    const comments = own.flatMap((file) =>
      disableComments(readFileSync(file, 'utf8'), relative(this.#options.cwd, file).replaceAll('\\', '/')),
    );
    return { lint, comments, ...(baseline === undefined ? {} : { baseline }) };
  }

  /** Ends what was started, and removes what the settings left in the folder of temporary files. */
  cleanUp(): void {
    this.#discard();
    this.#cleanUp();
  }

  #request(program: Program) {
    return { entry: program.entry, cwd: this.#options.cwd, env: this.#options.env ?? process.env };
  }

  #limits() {
    return { deadlineMs: this.#options.deadlineMs ?? 10_000, heapMb: this.#options.heapMb ?? 512 };
  }

  /** The second, instrumented evaluation: loaded only now, since most compilations have nothing to report. */
  async #trace(program: Program, paths: readonly Path[]): Promise<readonly (Trace | undefined)[]> {
    const { traceValues } = await import('./provenance/trace-values.js');
    return traceValues(program, this.#workspace, this.#request(program), paths, this.#limits());
  }

  async #locate(
    program: Program,
    findings: readonly Finding[],
    yaml: EmittedYaml,
    bootstrap: unknown,
  ): Promise<Diagnostic[]> {
    const paths = findings.flatMap(({ path, related }) => [path, related?.path ?? path]);
    const traces = await this.#trace(program, paths);
    return findings.map((finding, index) => {
      const trace = traces[index * 2];
      const edit =
        trace === undefined ? undefined : this.#editOf(finding, locationOf(trace.origin, this.#options.cwd));
      const related = finding.related === undefined ? undefined : traces[index * 2 + 1];
      return {
        ...diagnosticOf(finding, trace, related, yaml, bootstrap, this.#options.cwd),
        ...(edit === undefined ? {} : { edit }),
      };
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
        ...(first.edit === undefined ? {} : { edit: first.edit }),
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
  const compilation = new Compilation(options, workspace);
  try {
    return await compilation.run();
  } finally {
    workspace.remove();
    compilation.cleanUp();
  }
}
