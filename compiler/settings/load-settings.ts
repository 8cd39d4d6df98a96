/**
 * Settings are a module like a configuration: type-checked, and evaluated in the same sandbox. What is left of them outside
 * is data; rules of the user's own run in the sandbox too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { TargetApi } from '../../dsl/api/index.js';
import type { Finding } from '../check/finding.js';
import type { Diagnostic, SourceLocation } from '../diagnostics/diagnostic.js';
import type { EvaluateLimits } from '../evaluate/evaluate.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { EvaluateFailure } from '../evaluate/messages.js';
import type { Baseline } from '../lint/baseline.js';
import { parseBaseline } from '../lint/baseline.js';
import type { ActiveOwnRule, PlainLintSettings } from '../lint/lint-config.js';
import type { Suppressions } from '../lint/suppress.js';
import { checkProgram } from '../program/program.js';
import type { Workspace } from '../program/project.js';
import { createWorkspace } from '../program/project.js';
import { findSettings } from './find-settings.js';

export interface SettingsOptions {
  readonly cwd: string;
  /** Folder of what is checked, absolute: where the search begins. */
  readonly folder: string;
  /** A file to use instead; false: none. */
  readonly settings?: string | false;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly limits: EvaluateLimits;
}

export interface LoadedSettings {
  readonly lint: PlainLintSettings;
  /** The Envoy that they aim at. */
  readonly target?: TargetApi;
  /** What is wrong with the settings: errors. */
  readonly diagnostics: readonly Diagnostic[];
  readonly inputs: readonly string[];
  /** Absolute path of the baseline that they name, whether it is there or not. */
  readonly baselineFile?: string;
  readonly baseline?: Suppressions['baseline'];
  /** Runs rules of the user's own over a canonical bootstrap. */
  runOwn(bootstrap: unknown, rules: readonly ActiveOwnRule[]): Promise<OwnFindings>;
  /** Removes the temporary folder. */
  remove(): void;
}

export interface OwnFindings {
  readonly findings: readonly Finding[];
  /** Rules that failed. */
  readonly diagnostics: readonly Diagnostic[];
}

function shown(cwd: string, file: string): string {
  return relative(cwd, file).replaceAll('\\', '/');
}

const none: LoadedSettings = {
  lint: {},
  diagnostics: [],
  inputs: [],
  runOwn: async () => ({ findings: [], diagnostics: [] }),
  remove: () => undefined,
};

interface BaselineOrProblem {
  readonly baseline?: Suppressions['baseline'];
  readonly diagnostics: readonly Diagnostic[];
}

/** A baseline that is not there yet is an empty one. @param file absolute */
export function readBaseline(file: string, cwd: string): BaselineOrProblem {
  const fileOf = (name: string): string => shown(dirname(file), resolve(cwd, name));
  let content: Baseline = { version: 1, findings: [] };
  if (existsSync(file)) {
    try {
      content = parseBaseline(readFileSync(file, 'utf8'));
    } catch (error) {
      const diagnostic: Diagnostic = {
        severity: 'error',
        code: 'lint-options',
        message: `the baseline cannot be read: ${(error as Error).message}`,
        location: { file: shown(cwd, file), line: 1, column: 1 },
        help: 'write it anew with envoy3 check --update-baseline',
      };
      return { diagnostics: [diagnostic] };
    }
  }
  return { baseline: { content, file: shown(cwd, file), fileOf }, diagnostics: [] };
}

class SettingsModule implements LoadedSettings {
  lint: PlainLintSettings = {};
  target?: TargetApi;
  diagnostics: readonly Diagnostic[] = [];
  inputs: readonly string[] = [];
  baselineFile?: string;
  baseline?: Suppressions['baseline'];
  readonly #options: SettingsOptions;
  readonly #file: string;
  readonly #workspace: Workspace = createWorkspace();
  #outDir = '';

  constructor(options: SettingsOptions, file: string) {
    this.#options = options;
    this.#file = file;
  }

  async load(): Promise<void> {
    const { cwd } = this.#options;
    const program = await checkProgram(this.#file, cwd, this.#workspace);
    this.#outDir = program.project.outDir;
    const reply = await this.#evaluate('settings');
    this.inputs = [...new Set([program.entry, ...reply.inputs])];
    const failed = program.diagnostics.length > 0 ? [] : reply.failures.map((one) => this.#diagnostic(one));
    this.diagnostics = [...program.diagnostics, ...failed];
    if (this.diagnostics.length > 0) return;
    const value = reply.value as { lint?: PlainLintSettings; target?: string } | undefined;
    this.lint = value?.lint ?? {};
    if (value?.target !== undefined) await this.#aimAt(value.target);
    if (typeof this.lint.baseline !== 'string') return;
    this.baselineFile = resolve(dirname(this.#file), this.lint.baseline);
    const { baseline, diagnostics } = readBaseline(this.baselineFile, cwd);
    this.diagnostics = diagnostics;
    if (baseline !== undefined) this.baseline = baseline;
  }

  /** Older releases are loaded only for who wants one. */
  async #aimAt(name: string): Promise<void> {
    const { targetApi, targetNames } = await import('../../dsl/api/history/target-api.js');
    const target = targetApi(name);
    if (target !== undefined) this.target = target;
    else {
      const message = `'${name}' is no target: take one of ${targetNames.join(', ')}`;
      const help = 'correct the target of the settings';
      this.diagnostics = [this.#diagnostic({ code: 'E2008', message, help })];
    }
  }

  async runOwn(bootstrap: unknown, rules: readonly ActiveOwnRule[]): Promise<OwnFindings> {
    if (rules.length === 0) return { findings: [], diagnostics: [] };
    const reply = await this.#evaluate('rules', { bootstrap, rules });
    return {
      findings: (reply.value ?? []) as Finding[],
      diagnostics: reply.failures.map((one) => this.#diagnostic(one)),
    };
  }

  remove(): void {
    this.#workspace.remove();
  }

  #evaluate(
    mode: 'settings' | 'rules',
    lint?: { readonly bootstrap: unknown; readonly rules: readonly ActiveOwnRule[] },
  ) {
    const { cwd, env, limits } = this.#options;
    const request = {
      entry: this.#file,
      outDir: this.#outDir,
      cwd,
      env: env ?? process.env,
      mode,
      ...(lint === undefined ? {} : { lint }),
    };
    return evaluate(request, limits);
  }

  #diagnostic({ code, message, help, origin }: EvaluateFailure): Diagnostic {
    const { cwd } = this.#options;
    const location: SourceLocation =
      origin === undefined
        ? { file: shown(cwd, this.#file), line: 1, column: 1 }
        : { file: shown(cwd, origin.file), line: origin.line, column: origin.column, length: origin.length };
    return {
      severity: 'error',
      code,
      message: message.replace(/^the configuration/, 'the settings'),
      location,
      ...(help === undefined ? {} : { help }),
    };
  }
}

/** The baseline that settings name, absolute. @param file absolute. undefined when they name none, or are wrong */
export async function baselineFileOf(
  file: string,
  cwd: string,
  env?: SettingsOptions['env'],
): Promise<string | undefined> {
  const limits = { deadlineMs: 10_000, heapMb: 512 };
  const more = env === undefined ? {} : { env };
  const loaded = await loadSettings({ cwd, folder: dirname(file), settings: file, limits, ...more });
  loaded.remove();
  return loaded.baselineFile;
}

/** Settings that are not there are no settings. Rejects only on failures of the machine. */
export async function loadSettings(options: SettingsOptions): Promise<LoadedSettings> {
  const { settings, cwd, folder } = options;
  if (settings === false) return none;
  const file = settings === undefined ? findSettings(folder) : resolve(cwd, settings);
  if (file === undefined) return none;
  if (!existsSync(file)) {
    const message = `there is no file '${settings}'`;
    const help = 'name the settings: --settings path/to/envoy3.settings.ts';
    return { ...none, diagnostics: [{ severity: 'error', code: 'E0001', message, help }] };
  }
  const module = new SettingsModule(options, file);
  try {
    await module.load();
  } catch (error) {
    module.remove();
    throw error;
  }
  return module;
}
