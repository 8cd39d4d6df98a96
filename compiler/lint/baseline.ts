/**
 * The file of findings that are known and let through, so that a rule can be switched on before everything is mended.
 * Findings are named by rule, file and place in the bootstrap, not by line.
 */
import type { Diagnostic } from '../diagnostics/diagnostic.js';

export interface BaselineEntry {
  readonly rule: string;
  /** Relative to the folder of the baseline; forward slashes. */
  readonly file: string;
  /** Place in the bootstrap by names: `static_resources.clusters["web"]`. */
  readonly at: string;
}

export interface Baseline {
  readonly version: 1;
  readonly findings: readonly BaselineEntry[];
}

/** @throws SyntaxError when it is no baseline */
export function parseBaseline(text: string): Baseline {
  const value = JSON.parse(text) as Partial<Baseline> | null;
  const isEntry = (entry: unknown): boolean =>
    ['rule', 'file', 'at'].every(
      (key) => typeof (entry as Record<string, unknown> | null)?.[key] === 'string',
    );
  if (value?.version !== 1 || !Array.isArray(value.findings) || !value.findings.every(isEntry)) {
    throw new SyntaxError('it has no "version": 1 and no list of "findings" with rule, file and at');
  }
  return value as Baseline;
}

const keyOf = ({ rule, file, at }: BaselineEntry): string => `${rule}\n${file}\n${at}`;

/** What a diagnostic is called in a baseline, at all of its places. @param fileOf relative to the folder of the baseline */
export function entriesOf(diagnostic: Diagnostic, fileOf: (file: string) => string): BaselineEntry[] {
  const { code, location, identity, path, sites = [] } = diagnostic;
  const file = location === undefined ? '' : fileOf(location.file);
  return [identity ?? path ?? '', ...sites].map((at) => ({ rule: code, file, at }));
}

/** One entry a line, sorted: merges of two branches stay simple. */
export function formatBaseline(entries: readonly BaselineEntry[]): string {
  const unique = new Map(entries.map((entry) => [keyOf(entry), entry]));
  const lines = [...unique.keys()].sort().map((key) => `    ${JSON.stringify(unique.get(key))}`);
  return `{\n  "version": 1,\n  "findings": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

export interface BaselineResult {
  readonly rest: readonly Diagnostic[];
  /** Entries that nothing was found for. */
  readonly unused: readonly BaselineEntry[];
}

/** @param isRule whether a code is one of a lint rule: errors of Envoy are never let through */
export function applyBaseline(
  diagnostics: readonly Diagnostic[],
  baseline: Baseline,
  isRule: (code: string) => boolean,
  fileOf: (file: string) => string,
): BaselineResult {
  const known = new Map(baseline.findings.map((entry) => [keyOf(entry), entry]));
  const used = new Set<string>();
  const rest = diagnostics.filter((diagnostic) => {
    if (!isRule(diagnostic.code)) return true;
    const keys = entriesOf(diagnostic, fileOf).map(keyOf);
    if (!keys.every((key) => known.has(key))) return true;
    for (const key of keys) used.add(key);
    return false;
  });
  return { rest, unused: [...known].filter(([key]) => !used.has(key)).map(([, entry]) => entry) };
}
