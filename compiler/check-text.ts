/**
 * The verdict on a bootstrap in YAML or JSON.
 */
import { dirname, resolve } from 'node:path';
import type { Finding } from './check/finding.js';
import type { ProblemOptions } from './check/find-problems.js';
import { findProblems } from './check/find-problems.js';
import { mergeSites } from './diagnostics/causes.js';
import type { Diagnostic } from './diagnostics/diagnostic.js';
import { hideSecrets, secretsOf } from './diagnostics/secrets.js';
import type { YamlWarning } from '../dsl/api/index.js';
import { readText } from '../dsl/api/index.js';
import { editFor } from './fix/text-edits.js';
import { disableComments } from './lint/disable-comments.js';
import type { LintConfig } from './lint/lint-config.js';
import { suppress } from './lint/suppress.js';
import { namedPath } from './named-path.js';
import { pathText } from './path-text.js';
import { loadSettings } from './settings/load-settings.js';
import { yamlAdvice } from './yaml-advice.js';

export interface CheckTextOptions extends ProblemOptions {
  /** Name in locations. */
  readonly file: string;
  /** The octets of the file were no UTF-8: what was none is U+FFFD in the text. */
  readonly invalidUtf8?: boolean;
}

/** Length of the key or scalar at a position, for the mark. */
function lengthAt(line: string, column: number): number {
  return /^(?:"[^"]*"|'[^']*'|[^\s:,}\]]+)/.exec(line.slice(column - 1))?.[0].length ?? 1;
}

function badOctets(text: string): YamlWarning {
  const before = text.slice(0, Math.max(0, text.indexOf('\ufffd'))).split('\n');
  const message = 'there are octets that are no UTF-8; Envoy takes them as they are';
  return { message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function oddText(
  { message, line, column, related }: YamlWarning,
  file: string,
  lines: readonly string[],
): Diagnostic {
  const length = lengthAt(lines[line - 1] ?? '', column);
  return {
    severity: 'warning',
    code: 'E1006',
    message,
    location: { file, line, column, length },
    ...(related === undefined
      ? {}
      : { related: [{ message: 'the first one', location: { file, ...related } }] }),
  };
}

interface Judged {
  readonly diagnostics: readonly Diagnostic[];
  readonly bootstrap?: unknown;
  /** The rules that ran; undefined when none did. */
  readonly lint?: LintConfig;
  diagnosticOf(finding: Finding): Diagnostic;
}

function judge(text: string, options: CheckTextOptions): Judged {
  const { file } = options;
  const yaml = readText(text, file);
  // Most large texts have nothing to say about any of their lines.
  let split: readonly string[] | undefined;
  const linesOf = (): readonly string[] => {
    split ??= text.split('\n');
    return split;
  };
  const locationOf = (finding: Pick<Finding, 'path'>) => {
    const { line, column } = yaml.locate(finding.path) ?? { line: 1, column: 1 };
    return { file, line, column, length: lengthAt(linesOf()[line - 1] ?? '', column) };
  };
  const editOf = ({ path, change }: Finding): Pick<Diagnostic, 'edit'> => {
    const edit = change === undefined ? undefined : editFor(text, locationOf({ path }), path.at(-1), change);
    return edit === undefined ? {} : { edit };
  };
  let bootstrap: unknown;
  const toDiagnostic = (finding: Finding): Diagnostic => ({
    severity: finding.severity,
    code: finding.code,
    message: finding.message,
    location: locationOf(finding),
    path: pathText(finding.path),
    identity: namedPath(bootstrap, finding.path),
    ...(finding.related === undefined
      ? {}
      : { related: [{ message: finding.related.message, location: locationOf(finding.related) }] }),
    ...(finding.fix === undefined ? {} : { help: finding.fix }),
    ...editOf(finding),
  });
  if (yaml.errors.length > 0) {
    const diagnostics = yaml.errors.map(({ message, line, column }): Diagnostic => {
      const place = { file, line, column, length: lengthAt(linesOf()[line - 1] ?? '', column) };
      return { severity: 'error', code: 'E1000', ...yamlAdvice(message, text), location: place };
    });
    return { diagnostics, diagnosticOf: toDiagnostic };
  }
  const secrets = secretsOf(yaml.value);
  const diagnosticOf = (finding: Finding) => hideSecrets(toDiagnostic(finding), secrets, linesOf);
  const problems = findProblems(yaml.value, options);
  bootstrap = problems.bootstrap;
  const odd = [...yaml.warnings, ...(options.invalidUtf8 === true ? [badOctets(text)] : [])].map(
    (warning): Diagnostic => oddText(warning, file, linesOf()),
  );
  return { ...problems, diagnostics: [...odd, ...problems.findings.map(diagnosticOf)], diagnosticOf };
}

function byLine(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) => (a.location?.line ?? 0) - (b.location?.line ?? 0));
}

/**
 * Never throws, reads nothing but the text: settings are handed in. Findings are in the order of their lines. Comments that
 * switch rules off are heeded.
 */
export function checkText(text: string, options: CheckTextOptions): Diagnostic[] {
  const { diagnostics, lint } = judge(text, options);
  if (lint === undefined) return mergeSites(byLine(diagnostics));
  return mergeSites(byLine(suppress(diagnostics, { lint, comments: disableComments(text, options.file) })));
}

export interface CheckFileOptions extends CheckTextOptions {
  readonly cwd: string;
  /** File with the settings; false: none. Default: `envoy3.settings.ts` beside the file or in a folder above. */
  readonly settings?: string | false;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The same with the settings of the folder that the file is in: own rules, baseline. */
export async function checkFile(text: string, options: CheckFileOptions): Promise<Diagnostic[]> {
  const { cwd, file, settings, env } = options;
  const folder = dirname(resolve(cwd, file));
  const limits = { deadlineMs: 10_000, heapMb: 512 };
  const more = { ...(settings === undefined ? {} : { settings }), ...(env === undefined ? {} : { env }) };
  const loaded = await loadSettings({ cwd, folder, limits, ...more });
  try {
    const target = options.target ?? loaded.target;
    const { diagnostics, lint, bootstrap, diagnosticOf } = judge(text, {
      ...options,
      lint: options.lint ?? loaded.lint,
      ...(target === undefined ? {} : { target }),
    });
    if (lint === undefined) return mergeSites(byLine([...loaded.diagnostics, ...diagnostics]));
    const own = await loaded.runOwn(bootstrap, lint.own);
    const found = [...diagnostics, ...own.findings.map(diagnosticOf)];
    const open = suppress(found, {
      lint,
      comments: disableComments(text, file),
      ...(loaded.baseline === undefined ? {} : { baseline: loaded.baseline }),
    });
    return [...loaded.diagnostics, ...own.diagnostics, ...mergeSites(byLine(open))];
  } finally {
    loaded.remove();
  }
}
