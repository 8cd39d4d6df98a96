/**
 * What `compile` takes and gives.
 */
import type { Diagnostic } from './diagnostics/diagnostic.js';
import type { ProblemOptions } from './check/find-problems.js';

export interface CompileOptions extends ProblemOptions {
  /** The configuration module, absolute or relative to `cwd`. */
  readonly entry: string;
  readonly cwd: string;
  /** Environment that `env()` reads. Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Time for the evaluation of the modules, in milliseconds. Default 10,000. */
  readonly deadlineMs?: number;
  /** Time for the type check, in milliseconds. Default 60,000. */
  readonly checkDeadlineMs?: number;
  /** Heap of the evaluation in MiB. Default 512. */
  readonly heapMb?: number;
  /** File with the settings; false: none. Default: `envoy3.settings.ts` beside the entry or in a folder above. */
  readonly settings?: string | false;
}

export interface CompileResult {
  /** In the order of their position. Nothing was written anywhere. */
  readonly diagnostics: readonly Diagnostic[];
  /** The canonical text; undefined when there are errors. */
  readonly yaml?: string;
  /** The canonical bootstrap; undefined when there are errors. */
  readonly bootstrap?: unknown;
  /** Files that the result depends on, absolute: modules and what `readFile` read. */
  readonly inputs: readonly string[];
}
