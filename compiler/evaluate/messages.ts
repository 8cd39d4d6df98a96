/**
 * What the compiler and the evaluating worker say to each other.
 */
import type { Path } from '../../dsl/api/index.js';
import type { ActiveOwnRule } from '../lint/lint-config.js';

/** Position of a value in the sources, one-based. */
export interface Origin {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Where a value was made, and through which calls and spreads it came, nearest first. */
export interface Trace {
  readonly origin: Origin;
  readonly through: readonly Origin[];
}

/** One place in the sources that makes an object, a list, or calls a function. */
export interface Site {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** Properties and elements that are written out, by name or index, as offsets. */
  readonly members: Readonly<Record<string, readonly [start: number, end: number]>>;
}

export interface EvaluateRequest {
  /** Absolute path of the entry's source. */
  readonly entry: string;
  /** Folder that mirrors the sources. */
  readonly outDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Base of paths that `readFile` gets. */
  readonly cwd: string;
  /**
   * What the module is: a configuration (the default), settings, or settings whose own lint rules are run. A reply to
   * `settings` has them as data, without functions; one to `rules` has the list of findings.
   */
  readonly mode?: 'settings' | 'rules';
  /** With `rules`: over what, and which ones. */
  readonly lint?: { readonly bootstrap: unknown; readonly rules: readonly ActiveOwnRule[] };
  /** Present in the second, instrumented run: the sites, and the paths whose origin is wanted. */
  readonly trace?: { readonly sites: readonly Site[]; readonly paths: readonly Path[] };
}

export interface EvaluateFailure {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly origin?: Origin;
  readonly path?: Path;
}

export interface EvaluateReply {
  readonly value?: unknown;
  readonly failures: readonly EvaluateFailure[];
  /** Files that were read, absolute. */
  readonly inputs: readonly string[];
  /** Parallel to the paths asked for. */
  readonly traces?: readonly (Trace | undefined)[];
}
