/**
 * `envoy3.settings.ts`: how a project wants to be linted.
 */
import type { RuleDefinition } from './lint-rule.js';
import type { RuleOptions } from './rule-options.js';

/** How loud a rule is. An `error` fails the build. */
export type Level = 'error' | 'warning';

/** Groups of rules. `correctness`, `dns`, `tls` and `deprecated` are on unless the settings say otherwise. */
export type Pack =
  | 'correctness'
  | 'edge'
  | 'tls'
  | 'dns'
  | 'resilience'
  | 'observability'
  | 'grpc'
  | 'style'
  | 'deprecated'
  | 'cost';

/** A rule is made louder, given options, or switched off, which takes a reason. */
export type RuleSetting<Options> =
  | Level
  | ({ readonly level?: Level } & Partial<Options>)
  | { readonly level: 'off'; readonly reason: string };

/** Settings of the rules that this package has, by their names; those of one's own under `namespace/rule-name`. */
export type RuleSettings = {
  readonly [Rule in keyof RuleOptions]?: RuleSetting<RuleOptions[Rule]>;
} & { readonly [own: `${string}/${string}`]: RuleSetting<Readonly<Record<string, unknown>>> };

export interface LintSettings {
  /**
   * Where to start from: `recommended` (the default), `all` (every rule warns at least), or `none`.
   */
  readonly extends?: 'recommended' | 'all' | 'none';
  /** Whole packs, before single rules are looked at. */
  readonly packs?: { readonly [P in Pack]?: Level | 'off' };
  readonly rules?: RuleSettings;
  /** Rules of one's own: see `defineRule`. They are on when they are listed. */
  // biome-ignore lint/suspicious/noExplicitAny: rules with any options go into one list
  readonly own?: readonly RuleDefinition<any>[];
  /** File with findings that are known and let through, relative to the settings: see `envoy3 check --update-baseline`. */
  readonly baseline?: string;
  /** Whether a disable comment that disables nothing is reported. Default `warning`. */
  readonly unusedDisables?: Level | 'off';
}

/** An Envoy release that `check` and `build` can judge for. */
export type TargetName = 'envoy-1.36' | 'envoy-1.37' | 'envoy-1.38' | 'envoy-1.39' | 'envoy-1.40';

export interface Settings {
  readonly lint?: LintSettings;
  /** The Envoy that is to take the configuration; `--target` goes before. Default `envoy-1.40`. */
  readonly target?: TargetName;
}

/** The settings of a project, typed. Returns its argument. */
export function defineSettings(settings: Settings): Settings {
  return settings;
}
