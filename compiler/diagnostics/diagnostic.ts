/**
 * A diagnostic: data, printed elsewhere (`format-text.ts`, `format-json.ts`). Every phase adds to a list of these and
 * none reads it.
 */

import type { TextEdit } from '../fix/change.js';

export type Severity = 'error' | 'warning';

/** One-based line and column, as editors count them. */
export interface SourceLocation {
  /** As given by the user or relative to the working directory; forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Length of the marked text on that line; 1 when unknown. */
  readonly length?: number;
  /** Lines around that hold a secret and are not shown. */
  readonly hiddenLines?: readonly number[];
}

/** A second place that explains the first: the call it came through, the other duplicate. */
export interface RelatedLocation {
  readonly message: string;
  readonly location: SourceLocation;
}

export interface Diagnostic {
  readonly severity: Severity;
  /** Stable: `E1003` (see `diagnostic-codes.ts`), `TS2322` for the type checker's own, a rule name for lint. */
  readonly code: string;
  /** One sentence, no full stop. */
  readonly message: string;
  /** Where the user wrote it: TypeScript, or YAML for a plain file. */
  readonly location?: SourceLocation;
  /** Place in the bootstrap, e.g. `static_resources.clusters[0].connect_timeout`. */
  readonly path?: string;
  /** The path by names of resources, the same after something was added before: `static_resources.clusters["web"]`. */
  readonly identity?: string;
  /** Place in the emitted YAML, when one was emitted or checked. */
  readonly yaml?: SourceLocation;
  readonly related?: readonly RelatedLocation[];
  /** Further places in the bootstrap of the same cause, by names: the same line of the sources made them all. */
  readonly sites?: readonly string[];
  /** What to do, in the imperative: `write '0.25s'`. */
  readonly help?: string;
  /** What `--fix` does about it. */
  readonly edit?: TextEdit;
}
