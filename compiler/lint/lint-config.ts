/**
 * Settings as the user wrote them -> which rules run, how loud, with which options.
 */
import type { Level, LintSettings } from '../../dsl/index.js';
import { nearName } from '../../dsl/api/index.js';
import type { Finding } from '../check/finding.js';
import { lintRules, ruleNames } from './lint-rules.js';
import type { LintRule } from './lint-rule.js';

/** A rule of the user's, without its function, which stays where the settings are evaluated. */
export interface OwnRule {
  readonly name: string;
  readonly summary: string;
  readonly severity?: Level;
}

/** The settings as data: what is left of `LintSettings` outside of its module. */
export type PlainLintSettings = Omit<LintSettings, 'own'> & { readonly own?: readonly OwnRule[] };

export interface ActiveRule {
  readonly rule: LintRule;
  readonly severity: Level;
  readonly options: object;
}

export interface ActiveOwnRule {
  readonly name: string;
  readonly severity: Level;
  readonly options: object;
}

export interface LintConfig {
  readonly active: readonly ActiveRule[];
  readonly own: readonly ActiveOwnRule[];
  readonly unusedDisables: Level | 'off';
  /** As written, relative to the settings. */
  readonly baseline?: string;
  /** What is wrong with the settings themselves. */
  readonly findings: readonly Finding[];
}

interface Choice {
  readonly level?: Level | 'off';
  readonly reason?: string;
  readonly options: Readonly<Record<string, unknown>>;
}

function choiceOf(setting: unknown): Choice {
  if (typeof setting === 'string') return { level: setting as Level, options: {} };
  const { level, reason, ...options } = (setting ?? {}) as Record<string, unknown>;
  return {
    ...(level === undefined ? {} : { level: level as Level }),
    ...(typeof reason === 'string' ? { reason } : {}),
    options,
  };
}

function problem(message: string, fix: string): Finding {
  return { code: 'lint-options', severity: 'warning', path: [], message, fix };
}

const levels: ReadonlySet<unknown> = new Set(['error', 'warning', 'off']);

/** Options of a rule with the user's laid over; what the rule does not know is told. */
function merge(
  rule: { readonly name: string; readonly options?: object },
  given: Choice['options'],
  findings: Finding[],
): object {
  const known = (rule.options ?? {}) as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    const usual = known[name];
    const near = nearName(name, Object.keys(known));
    if (usual === undefined) {
      const fix = near === undefined ? 'remove it' : `did you mean '${near}'?`;
      findings.push(problem(`the lint rule '${rule.name}' has no option '${name}'`, fix));
    } else if (typeof usual !== typeof value || Array.isArray(usual) !== Array.isArray(value)) {
      const wanted = Array.isArray(usual) ? 'a list' : `a ${typeof usual}`;
      findings.push(
        problem(`the option '${name}' of the lint rule '${rule.name}' takes ${wanted}`, 'change it'),
      );
      return known;
    }
  }
  return { ...known, ...given };
}

class Resolution {
  readonly findings: Finding[] = [];
  readonly #settings: PlainLintSettings;
  readonly #choices: Readonly<Record<string, unknown>>;

  constructor(settings: PlainLintSettings) {
    this.#settings = settings;
    this.#choices = (settings.rules ?? {}) as Record<string, unknown>;
  }

  #base(rule: LintRule): Level | 'off' {
    const pack = this.#settings.packs?.[rule.pack];
    if (pack !== undefined) return pack;
    switch (this.#settings.extends ?? 'recommended') {
      case 'none':
        return 'off';
      case 'all':
        return rule.severity === 'off' ? 'warning' : rule.severity;
      default:
        return rule.severity;
    }
  }

  /** A rule that is on is not switched off without a reason. */
  #level(name: string, base: Level | 'off', choice: Choice): Level | 'off' {
    const { level } = choice;
    if (level === undefined) return base;
    if (!levels.has(level)) {
      this.findings.push(
        problem(`the level of '${name}' is error, warning or off, not '${level}'`, 'change it'),
      );
      return base;
    }
    if (level === 'off' && (choice.reason ?? '').trim() === '') {
      const message = `the lint rule '${name}' is switched off without a reason and stays on`;
      this.findings.push(problem(message, 'write the reason down'));
      return base;
    }
    return level;
  }

  active(): ActiveRule[] {
    return lintRules.flatMap((rule): ActiveRule[] => {
      const choice = choiceOf(this.#choices[rule.name]);
      const level = this.#level(rule.name, this.#base(rule), choice);
      // Options alone mean that the rule is wanted.
      const wanted = level === 'off' && choice.level === undefined && Object.keys(choice.options).length > 0;
      if (level === 'off' && !wanted) return [];
      const severity = level === 'off' ? 'warning' : level;
      return [{ rule, severity, options: merge(rule, choice.options, this.findings) }];
    });
  }

  own(): ActiveOwnRule[] {
    return (this.#settings.own ?? []).flatMap(({ name, severity = 'warning' }): ActiveOwnRule[] => {
      const choice = choiceOf(this.#choices[name]);
      const level = this.#level(name, severity, choice);
      return level === 'off' ? [] : [{ name, severity: level, options: choice.options }];
    });
  }

  unknown(): void {
    const names = [...ruleNames, ...(this.#settings.own ?? []).map(({ name }) => name)];
    for (const name of Object.keys(this.#choices)) {
      if (names.includes(name)) continue;
      const near = nearName(name, names);
      const fix = near === undefined ? "'envoy3 explain' lists all rules" : `did you mean '${near}'?`;
      this.findings.push(problem(`there is no lint rule '${name}'`, fix));
    }
  }
}

/** Never throws: what does not work is a warning of the code `lint-options`. */
export function resolveLint(settings: PlainLintSettings = {}): LintConfig {
  const resolution = new Resolution(settings);
  resolution.unknown();
  const active = resolution.active();
  const own = resolution.own();
  return {
    active,
    own,
    unusedDisables: settings.unusedDisables ?? 'warning',
    ...(settings.baseline === undefined ? {} : { baseline: settings.baseline }),
    findings: resolution.findings,
  };
}
