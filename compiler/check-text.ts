/**
 * The verdict on a bootstrap in YAML or JSON.
 */
import type { Finding } from './check/finding.js';
import type { ProblemOptions } from './check/find-problems.js';
import { findProblems } from './check/find-problems.js';
import type { Diagnostic } from './diagnostics/diagnostic.js';
import { readYaml } from '../dsl/api/index.js';
import { pathText } from './path-text.js';
import { yamlAdvice } from './yaml-advice.js';

export interface CheckTextOptions extends ProblemOptions {
  /** Name in locations. */
  readonly file: string;
}

/** Length of the key or scalar at a position, for the mark. */
function lengthAt(line: string, column: number): number {
  return /^(?:"[^"]*"|'[^']*'|[^\s:,}\]]+)/.exec(line.slice(column - 1))?.[0].length ?? 1;
}

/** Never throws, reads nothing but the text. Findings are in the order of their lines. */
export function checkText(text: string, options: CheckTextOptions): Diagnostic[] {
  const { file } = options;
  const yaml = readYaml(text);
  if (yaml.errors.length > 0) {
    return yaml.errors.map(({ message, line, column }) => {
      const place = { file, line, column, length: lengthAt(text.split('\n')[line - 1] ?? '', column) };
      return { severity: 'error', code: 'E1000', ...yamlAdvice(message, text), location: place };
    });
  }
  const lines = text.split('\n');
  const locationOf = (finding: Pick<Finding, 'path'>) => {
    const { line, column } = yaml.locate(finding.path) ?? { line: 1, column: 1 };
    return { file, line, column, length: lengthAt(lines[line - 1] ?? '', column) };
  };
  const { findings } = findProblems(yaml.value, options);
  return findings
    .map(
      (finding): Diagnostic => ({
        severity: finding.severity,
        code: finding.code,
        message: finding.message,
        location: locationOf(finding),
        path: pathText(finding.path),
        ...(finding.related === undefined
          ? {}
          : { related: [{ message: finding.related.message, location: locationOf(finding.related) }] }),
        ...(finding.fix === undefined ? {} : { help: finding.fix }),
      }),
    )
    .sort((a, b) => (a.location?.line ?? 0) - (b.location?.line ?? 0));
}
