/**
 * What the API reader has to say about a value: data without file positions. The compiler adds the TypeScript
 * position, the runtime the YAML position. Nothing here knows either.
 */

/** One step of a path: a field name (snake_case, as Envoy spells it) or a list index. */
export type PathStep = string | number;

/** Where in the message a finding sits, from the root message down. Steps inside an `Any` payload simply go on. */
export type Path = readonly PathStep[];

/**
 * The class of a finding, with the words of `oracle/README-mutations`:
 * `parse` wrong JSON kind, bad duration, two members of a oneof; `unknown-field` also unknown enum name;
 * `unknown-type` an `@type` that Envoy does not link; `pgv` a validation rule of the proto;
 * `extension-config` a typed_config that is missing or whose type fits no extension of the slot's category.
 */
export type IssueClass = 'parse' | 'unknown-field' | 'unknown-type' | 'pgv' | 'extension-config';

/** One finding. Values are reported all at once, in document order. */
export interface Issue {
  readonly class: IssueClass;
  readonly path: Path;
  /** One sentence, no position, no trailing full stop. */
  readonly message: string;
  /** Full proto name of the message that holds the field, e.g. `envoy.config.cluster.v3.Cluster`. */
  readonly messageType?: string;
  /** What the API lacks: the name of a field, a value or a message. */
  readonly name?: string;
  /** A near name ("did you mean"), when one is close enough. */
  readonly suggestion?: string;
  /** What to do, in the imperative, when it can be said exactly. */
  readonly fix?: string;
}
