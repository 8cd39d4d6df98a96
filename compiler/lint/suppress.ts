/**
 * What comments and the baseline let through is taken out of the diagnostics; what they no longer let through is told.
 */
import { nearName } from '../../dsl/api/index.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Baseline } from './baseline.js';
import { applyBaseline } from './baseline.js';
import type { DisableComment } from './disable-comments.js';
import type { LintConfig } from './lint-config.js';
import { ruleNames } from './lint-rules.js';

export interface Suppressions {
  readonly lint: LintConfig;
  readonly comments: readonly DisableComment[];
  readonly baseline?: {
    readonly content: Baseline;
    /** As the user writes it. */
    readonly file: string;
    /** File of a location relative to the folder of the baseline. */
    fileOf(file: string): string;
  };
}

function at(comment: DisableComment): NonNullable<Diagnostic['location']> {
  const { file, line, column, length } = comment;
  return { file, line, column, length };
}

class Suppressor {
  readonly #comments: readonly DisableComment[];
  readonly #names: readonly string[];
  readonly #used = new Map<DisableComment, Set<string>>();
  readonly #unused: LintConfig['unusedDisables'];

  constructor({ lint, comments }: Suppressions) {
    this.#comments = comments;
    this.#names = [...ruleNames, ...lint.own.map(({ name }) => name)];
    this.#unused = lint.unusedDisables;
  }

  isRule = (code: string): boolean => this.#names.includes(code);

  /** At its own place, or at a place that it came through: the call of a helper. */
  isDisabled(diagnostic: Diagnostic): boolean {
    if (!this.isRule(diagnostic.code) || diagnostic.location === undefined) return false;
    const through = (diagnostic.related ?? []).filter(({ message }) => message === 'through');
    const places = [diagnostic.location, ...through.map(({ location }) => location)];
    let disabled = false;
    for (const comment of this.#comments) {
      if (comment.reason === '' || !comment.rules.includes(diagnostic.code)) continue;
      const hit = places.some(
        ({ file, line }) =>
          file === comment.file && (comment.target === undefined || comment.target === line),
      );
      if (!hit) continue;
      disabled = true;
      const used = this.#used.get(comment) ?? new Set();
      this.#used.set(comment, used.add(diagnostic.code));
    }
    return disabled;
  }

  /** What is wrong with the comments themselves. */
  *complaints(): Generator<Diagnostic> {
    for (const comment of this.#comments) {
      const problem = (message: string, help: string): Diagnostic => ({
        severity: 'warning',
        code: 'lint-options',
        message,
        location: at(comment),
        help,
      });
      if (comment.rules.length === 0) {
        yield problem('the comment names no rule', "write the rule's name and a reason: -- why");
        continue;
      }
      if (comment.reason === '') {
        const text = `'${comment.rules.join(', ')}' is switched off without a reason and stays on`;
        yield problem(text, 'write the reason behind two dashes: -- why');
        continue;
      }
      for (const rule of comment.rules) {
        if (this.isRule(rule)) {
          if (this.#used.get(comment)?.has(rule) === true || this.#unused === 'off') continue;
          const message = `'${rule}' finds nothing here: the comment is not needed`;
          const location = at(comment);
          yield { severity: this.#unused, code: 'unused-disable', message, location, help: 'remove it' };
        } else if (/^(?:E|TS)\d+$/.test(rule)) {
          yield problem(`${rule} is no matter of taste and cannot be switched off`, 'mend it');
        } else {
          const near = nearName(rule, this.#names);
          const help = near === undefined ? "'envoy3 explain' lists all rules" : `did you mean '${near}'?`;
          yield problem(`there is no lint rule '${rule}'`, help);
        }
      }
    }
  }
}

/** @param diagnostics of one compilation in which the lint rules have run */
export function suppress(diagnostics: readonly Diagnostic[], options: Suppressions): Diagnostic[] {
  if (options.comments.length === 0 && options.baseline === undefined) return [...diagnostics];
  const suppressor = new Suppressor(options);
  const open = diagnostics.filter((diagnostic) => !suppressor.isDisabled(diagnostic));
  const complaints = [...suppressor.complaints()];
  const { baseline } = options;
  if (baseline === undefined) return [...open, ...complaints];
  const { rest, unused } = applyBaseline(open, baseline.content, suppressor.isRule, baseline.fileOf);
  const stale = unused.map(
    ({ rule, at: place }): Diagnostic => ({
      severity: 'warning',
      code: 'unused-baseline',
      message: `'${rule}' no longer finds anything at ${place}, which the baseline lets through`,
      location: { file: baseline.file, line: 1, column: 1 },
      help: 'run envoy3 check --update-baseline',
    }),
  );
  return [...rest, ...complaints, ...stale];
}
