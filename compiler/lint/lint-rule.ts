/**
 * A lint rule: takes no position on what Envoy accepts, warns of what a person would not have meant. One file a rule;
 * its doc comment is its documentation.
 */
import type { BootstrapView } from '../check/bootstrap-view.js';
import type { Finding } from '../check/finding.js';

/** What a rule has to say; the name and the severity are added for it. */
export type LintFinding = Pick<Finding, 'path' | 'message' | 'fix' | 'related'>;

export interface LintRule {
  /** kebab-case; the code of its findings. */
  readonly name: string;
  /** One sentence: what the rule wants. */
  readonly summary: string;
  check(view: BootstrapView): Iterable<LintFinding>;
}
