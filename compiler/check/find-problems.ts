/**
 * Everything that is wrong with a bootstrap as data, in one form: what the reader, the checks and the lint rules say.
 */
import type { Issue, IssueClass, ReadOptions } from '../../dsl/api/index.js';
import { readMessage } from '../../dsl/api/index.js';
import type { DisabledRule } from '../lint/lint-bootstrap.js';
import { lintBootstrap } from '../lint/lint-bootstrap.js';
import { checkBootstrap } from './check-bootstrap.js';
import type { Finding } from './finding.js';
import { olderName } from './older-names.js';

const codes: Readonly<Record<IssueClass, string>> = {
  parse: 'E1001',
  'unknown-field': 'E1002',
  'unknown-type': 'E1003',
  pgv: 'E1004',
  'extension-config': 'E1005',
};

function findingOf(issue: Issue): Finding {
  const older = issue.class === 'unknown-field' ? olderName(issue) : undefined;
  const fix = older ?? (issue.suggestion === undefined ? undefined : `did you mean '${issue.suggestion}'?`);
  const field = issue.path.at(-1);
  // Rules speak of a value; the name of the field makes a sentence of it.
  const message =
    issue.class === 'pgv' || issue.class === 'extension-config'
      ? `${field ?? 'the bootstrap'} ${issue.message}`
      : issue.message;
  return {
    code: codes[issue.class],
    severity: 'error',
    path: issue.path,
    message,
    ...(fix === undefined ? {} : { fix }),
  };
}

export interface Problems {
  /** Canonical. */
  readonly bootstrap: unknown;
  readonly findings: readonly Finding[];
}

/** Checks and lint look at well-formed bootstraps only: on a broken one they would say the same thing again. */
export function findProblems(
  value: unknown,
  options: ReadOptions & { readonly disabledRules?: readonly DisabledRule[] } = {},
): Problems {
  const read = readMessage('envoy.config.bootstrap.v3.Bootstrap', value, options);
  if (read.issues.length > 0) return { bootstrap: read.value, findings: read.issues.map(findingOf) };
  return {
    bootstrap: read.value,
    findings: [...checkBootstrap(read.value), ...lintBootstrap(read.value, options.disabledRules)],
  };
}
