/**
 * Everything that is wrong with a bootstrap as data, in one form: what the reader, the checks and the lint rules say.
 */
import type { Issue, IssueClass, ReadOptions, TargetApi } from '../../dsl/api/index.js';
import { readMessage } from '../../dsl/api/index.js';
import { hidden, isSensitive } from '../diagnostics/secrets.js';
import type { DisabledRule } from '../lint/lint-bootstrap.js';
import { lintBootstrap, withDisabled } from '../lint/lint-bootstrap.js';
import type { Change } from '../fix/change.js';
import type { LintConfig, PlainLintSettings } from '../lint/lint-config.js';
import { resolveLint } from '../lint/lint-config.js';
import { droppedRule, targetWords } from '../target/target-words.js';
import type { NodeDefaults } from './bootstrap-view.js';
import { BootstrapView } from './bootstrap-view.js';
import { checkView } from './check-bootstrap.js';
import type { Finding } from './finding.js';
import { isLenient } from './lenient-rules.js';
import { olderName } from './older-names.js';

const codes: Readonly<Record<IssueClass, string>> = {
  parse: 'E1001',
  'unknown-field': 'E1002',
  'unknown-type': 'E1003',
  pgv: 'E1004',
  'extension-config': 'E1005',
};

/** Templates and variables that nobody filled in: Envoy replaces neither. */
const placeholder = /\$\{[^}]*\}|\{\{|<%/;

function fixOf(issue: Issue): string | undefined {
  const older = issue.class === 'unknown-field' ? olderName(issue) : undefined;
  if (older !== undefined || issue.fix !== undefined) return older ?? issue.fix;
  if (issue.suggestion !== undefined) return `did you mean '${issue.suggestion}'?`;
  if (placeholder.test(issue.message)) {
    return 'Envoy fills in no placeholders: render the file first, or write it in TypeScript and use env()';
  }
  return issue.class === 'pgv' && issue.message === 'is required' ? `set ${issue.path.at(-1)}` : undefined;
}

/** A misspelt name that is near to one only, a duration in another unit, a number that is a text. */
function changeOf(issue: Issue, fix: string | undefined): Change | undefined {
  const { suggestion } = issue;
  if (issue.class === 'unknown-type' && suggestion !== undefined) return { kind: 'value', to: suggestion };
  if (
    issue.class === 'unknown-field' &&
    suggestion !== undefined &&
    fix?.includes(`'${suggestion}'`) === true
  ) {
    return { kind: / has no field '/.test(issue.message) ? 'rename' : 'value', to: suggestion };
  }
  const [, text] = /^(?:write|quote it:) '([^'\\\n]*)'$/.exec(fix ?? '') ?? [];
  return issue.class === 'parse' && text !== undefined ? { kind: 'value', to: text } : undefined;
}

function findingOf(issue: Issue, target: TargetApi | undefined): Finding {
  const field = issue.path.at(-1);
  const other = target === undefined ? undefined : targetWords(issue, target);
  if (other !== undefined) return { code: 'E1007', severity: 'error', path: issue.path, ...other };
  const dropped = target === undefined || issue.class !== 'pgv' ? '' : droppedRule(issue, target);
  // Names of fields and types are no secrets; values are.
  if (!issue.class.startsWith('unknown-') && isSensitive(issue.path)) {
    const message = `${field}: ${issue.message.replace(/(['"]).*\1/s, hidden)}`;
    return { code: codes[issue.class], severity: 'error', path: issue.path, message };
  }
  const fix = fixOf(issue);
  const change = changeOf(issue, fix);
  return {
    code: codes[issue.class],
    severity: 'error',
    path: issue.path,
    // Rules speak of a value; the name of the field makes a sentence of it.
    message: issue.class === 'pgv' ? `${field ?? 'the bootstrap'} ${issue.message}${dropped}` : issue.message,
    ...(fix === undefined ? {} : { fix }),
    ...(change === undefined ? {} : { change }),
  };
}

export interface Problems {
  /** Canonical. */
  readonly bootstrap: unknown;
  readonly findings: readonly Finding[];
  /** The lint rules that ran; undefined when the bootstrap is broken and none did. */
  readonly lint?: LintConfig;
}

export interface ProblemOptions extends ReadOptions, NodeDefaults {
  /** Lint settings; the recommended ones when there are none. */
  readonly lint?: PlainLintSettings;
  /** Rules that are off whatever the settings say. */
  readonly disabledRules?: readonly DisabledRule[];
  /** The Envoy that is to take it. Default: the newest that this package knows. */
  readonly target?: TargetApi;
  /** More opinions, asked in this order. */
  readonly judges?: readonly Judge[];
}

/** One more opinion on a bootstrap that the API takes. @param findings what was found before */
export type Judge = (view: BootstrapView, findings: readonly Finding[]) => Iterable<Finding>;

/** Checks and lint look at well-formed bootstraps only: on a broken one they would say the same thing again. */
export function findProblems(value: unknown, options: ProblemOptions = {}): Problems {
  const { target } = options;
  const read = (target?.read ?? readMessage)('envoy.config.bootstrap.v3.Bootstrap', value, options);
  const issues = read.issues.filter((issue) => !isLenient(issue, read.value));
  if (issues.length > 0)
    return { bootstrap: read.value, findings: issues.map((issue) => findingOf(issue, target)) };
  const view = new BootstrapView(read.value, options, value, target?.model);
  const lint = resolveLint(withDisabled(options.lint ?? {}, options.disabledRules));
  const findings = [...checkView(view), ...lintBootstrap(view, lint)];
  for (const judge of options.judges ?? []) findings.push(...judge(view, findings));
  return { bootstrap: read.value, findings, lint };
}
