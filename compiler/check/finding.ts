/**
 * What checks and lint rules have to say: data, without positions. The compiler turns findings into diagnostics.
 */
import type { Path } from '../../dsl/api/index.js';
import type { Change } from '../fix/change.js';

export interface Finding {
  /** `E3...` for checks (see `finding-codes.ts`), the rule's name for lint. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly path: Path;
  /** One sentence, no full stop. */
  readonly message: string;
  /** What to do, in the imperative. */
  readonly fix?: string;
  /** The same for `--fix`, when nothing can be wrong about it. */
  readonly change?: Change;
  /** The other place of a clash. */
  readonly related?: { readonly path: Path; readonly message: string };
}
