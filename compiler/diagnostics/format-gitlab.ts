import type { Diagnostic } from './diagnostic.js';
import { fingerprint } from './format-sarif.js';

/** GitLab's code quality report: a list of issues in the form of Code Climate. */
export function formatGitlab(diagnostics: readonly Diagnostic[]): string {
  const seen = new Map<string, number>();
  const issues = diagnostics.map((diagnostic) => {
    const { severity, code, message, location } = diagnostic;
    // GitLab drops issues of a fingerprint that it has seen.
    const print = fingerprint(diagnostic);
    const count = seen.get(print) ?? 0;
    seen.set(print, count + 1);
    return {
      description: message,
      check_name: code,
      fingerprint: count === 0 ? print : `${print}-${count}`,
      severity: severity === 'error' ? 'major' : 'minor',
      location: { path: location?.file ?? '.', lines: { begin: location?.line ?? 1 } },
    };
  });
  return `${JSON.stringify(issues, undefined, 2)}\n`;
}
