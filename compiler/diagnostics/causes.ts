/**
 * Many places, one cause: a helper that is called four hundred times makes one mistake, not four hundred.
 */
import type { Diagnostic } from './diagnostic.js';

function placeOf({ code, severity, location }: Diagnostic): string | undefined {
  if (location === undefined) return undefined;
  return `${severity} ${code} ${location.file}:${location.line}:${location.column}`;
}

/**
 * Diagnostics of one code at one place of the sources become one, which says where else in the bootstrap they are. The
 * order stays.
 */
export function mergeSites(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const first = new Map<string, number>();
  const out: Diagnostic[] = [];
  for (const diagnostic of diagnostics) {
    const place = placeOf(diagnostic);
    const index = place === undefined ? undefined : first.get(place);
    const earlier = index === undefined ? undefined : out[index];
    // Of one place in YAML two different things may be said by one rule.
    const same =
      earlier !== undefined && (earlier.path !== diagnostic.path || earlier.message === diagnostic.message);
    if (index === undefined || earlier === undefined || !same) {
      if (place !== undefined) first.set(place, out.length);
      out.push(diagnostic);
    } else if (diagnostic.path !== undefined && diagnostic.path !== earlier.path) {
      out[index] = { ...earlier, sites: [...(earlier.sites ?? []), diagnostic.identity ?? diagnostic.path] };
    }
  }
  return out;
}

/** How often something is wrong: every place of every diagnostic. */
export function countSites(diagnostics: readonly Diagnostic[]): number {
  return diagnostics.reduce((sum, { sites }) => sum + 1 + (sites?.length ?? 0), 0);
}

export interface Cause {
  readonly first: Diagnostic;
  /** Said with the same words elsewhere. */
  readonly others: readonly Diagnostic[];
}

/** Fewer places are shown one by one. */
const fewest = 3;

/** Diagnostics that say the same word for word. */
export function groupCauses(diagnostics: readonly Diagnostic[]): Cause[] {
  const groups = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const key = `${diagnostic.severity} ${diagnostic.code} ${diagnostic.message}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [diagnostic]);
    else group.push(diagnostic);
  }
  return [...groups.values()].flatMap((group): Cause[] =>
    group.length < fewest
      ? group.map((first) => ({ first, others: [] }))
      : group.slice(0, 1).map((first) => ({ first, others: group.slice(1) })),
  );
}
