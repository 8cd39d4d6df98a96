/**
 * Lint rules of one's own: what `defineRule` takes. A rule reads the canonical bootstrap (snake_case fields, enum names as
 * texts, durations as `'1.5s'`, lists as arrays) and says where it finds something.
 */

/** One message somewhere in the bootstrap, with its place. */
export interface LintNode {
  /** Its fields, canonical. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Full proto name, of the payload for a `typed_config`; `''` for what `at` and `list` reach. */
  readonly type: string;
  /** From the bootstrap down: field names and list indexes. */
  readonly path: readonly (string | number)[];
  readonly parent: LintNode | undefined;
  /** The message of a field; an empty one when the field is not set. */
  at(field: string): LintNode;
  /** The messages of a repeated field. */
  list(field: string): readonly LintNode[];
  /** This message or the nearest one around it that is of the type. */
  within(type: string): LintNode | undefined;
}

/** The whole bootstrap, indexed. */
export interface LintView {
  readonly root: LintNode;
  /** `static_resources.clusters`. */
  readonly clusters: readonly LintNode[];
  /** `static_resources.listeners`. */
  readonly listeners: readonly LintNode[];
  /** Every message of a type, e.g. `envoy.config.route.v3.Route`, in document order, inside `typed_config` too. */
  all(type: string): readonly LintNode[];
}

/** What a rule has to say about one place. */
export interface RuleFinding {
  readonly path: readonly (string | number)[];
  /** One sentence, no full stop. */
  readonly message: string;
  /** What to do, in the imperative. */
  readonly fix?: string;
  /** A second place that explains the first. */
  readonly related?: { readonly path: readonly (string | number)[]; readonly message: string };
}

export interface RuleDefinition<Options extends object = object> {
  /** `namespace/rule-name`, e.g. `acme/require-owner`: the code of its findings. */
  readonly name: `${string}/${string}`;
  /** One sentence: what the rule wants. */
  readonly summary: string;
  /** How bad a finding is when the settings do not say it. Default `warning`. */
  readonly severity?: 'error' | 'warning';
  /** Options with their defaults; what the settings give is laid over them. */
  readonly options?: Options;
  /** Looks at everything and yields what it finds. Must not change anything. */
  check(view: LintView, options: Options): Iterable<RuleFinding>;
}

const namePattern = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/;

/**
 * A lint rule of one's own, to be listed in `lint.own` of `envoy3.settings.ts`.
 * @throws TypeError when the name is not of the form `namespace/rule-name`, or the summary or the check is missing
 */
export function defineRule<Options extends object = object>(
  rule: RuleDefinition<Options>,
): RuleDefinition<Options> {
  if (!namePattern.test(rule.name)) {
    throw new TypeError(`'${rule.name}' is no name of a rule: write namespace/rule-name in small letters`);
  }
  if (typeof rule.summary !== 'string' || rule.summary.trim() === '') {
    throw new TypeError(`the rule '${rule.name}' needs a summary: one sentence that says what it wants`);
  }
  if (typeof rule.check !== 'function') {
    throw new TypeError(`the rule '${rule.name}' needs a function 'check'`);
  }
  return rule;
}
