/**
 * A lint rule: takes no position on what Envoy accepts, warns of what a person would not have meant. One file a rule; its
 * doc comment is its page (`envoy3 explain NAME`): what and why, `Wrong:` and `Right:` with an example each, `Source:`.
 */
import type { Level, Pack, RuleOptions } from '../../dsl/index.js';
import type { BootstrapView } from '../check/bootstrap-view.js';
import type { Finding } from '../check/finding.js';

/** What a rule has to say; the name and the severity are added for it. */
export type LintFinding = Pick<Finding, 'path' | 'message' | 'fix' | 'related'>;

export type RuleName = keyof RuleOptions;

export interface LintRule<Name extends RuleName = RuleName> {
  /** kebab-case; the code of its findings. */
  readonly name: Name;
  readonly pack: Pack;
  /** One sentence: what the rule wants. */
  readonly summary: string;
  /** How loud it is under `extends: 'recommended'`. */
  readonly severity: Level | 'off';
  /** Defaults of its options; none when it has no options. */
  readonly options?: RuleOptions[Name];
  check(view: BootstrapView, options: RuleOptions[Name]): Iterable<LintFinding>;
}
