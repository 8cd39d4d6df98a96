/**
 * Diagnostics for people: message, position, code frame, fix.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createColors } from 'picocolors';
import type { Cause } from './causes.js';
import { countSites, groupCauses } from './causes.js';
import type { Diagnostic, SourceLocation } from './diagnostic.js';
import { hidden } from './secrets.js';

export interface FormatTextOptions {
  readonly color: boolean;
  /** Base of the relative file names in locations. */
  readonly cwd: string;
}

/** Longest line that is shown whole. */
const maxWidth = 140;

function linesOf(file: string, cwd: string): readonly string[] | undefined {
  try {
    return readFileSync(resolve(cwd, file), 'utf8').split(/\r?\n/);
  } catch {
    return undefined;
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Places that are named; of the others their number. */
const maxPlaces = 3;

function some(places: readonly string[], preposition: string): string {
  const rest = places.length - maxPlaces;
  const shown = places.slice(0, maxPlaces).join(', ');
  return `and ${preposition} ${shown}${rest > 0 ? ` and ${plural(rest, 'more place')}` : ''}`;
}

/** Joined by a blank line, with a count at the end. */
export function formatText(diagnostics: readonly Diagnostic[], options: FormatTextOptions): string {
  const colors = createColors(options.color);
  const files = new Map<string, readonly string[] | undefined>();
  const source = (file: string) => {
    if (!files.has(file)) files.set(file, linesOf(file, options.cwd));
    return files.get(file);
  };

  const place = ({ file, line, column }: SourceLocation) => `${file}:${line}:${column}`;

  const frame = (location: SourceLocation): string[] => {
    const lines = source(location.file);
    if (lines === undefined) return [];
    const first = Math.max(1, location.line - 1);
    const width = String(location.line + 1).length;
    const out: string[] = [];
    for (let row = first; row <= Math.min(lines.length, location.line + 1); row++) {
      const text = (lines[row - 1] ?? '').replaceAll('\t', ' ');
      if (row !== location.line && text.trim() === '') continue;
      // A long line is shown around the mark.
      const from =
        row === location.line && text.length > maxWidth ? Math.max(0, location.column - maxWidth / 2) : 0;
      const number = String(row).padStart(width);
      const isHidden = location.hiddenLines?.includes(row) === true;
      out.push(`  ${colors.dim(`${number} |`)} ${isHidden ? hidden : text.slice(from, from + maxWidth)}`);
      if (row === location.line && !isHidden) {
        const length = Math.min(location.length ?? 1, Math.max(1, text.length - location.column + 1));
        const mark = '^'.repeat(Math.min(length, maxWidth));
        out.push(
          `  ${colors.dim(`${' '.repeat(width)} |`)} ${' '.repeat(location.column - 1 - from)}${colors.red(mark)}`,
        );
      }
    }
    return out;
  };

  const one = ({ first: diagnostic, others }: Cause): string => {
    const paint = diagnostic.severity === 'error' ? colors.red : colors.yellow;
    const head = `${paint(`${diagnostic.severity} ${diagnostic.code}`)}: ${diagnostic.message}`;
    const lines = [head];
    if (diagnostic.location !== undefined) {
      lines.push(`  at ${colors.cyan(place(diagnostic.location))}`, ...frame(diagnostic.location));
    }
    if (diagnostic.path !== undefined) {
      const yaml = diagnostic.yaml === undefined ? '' : ` (${diagnostic.yaml.file}:${diagnostic.yaml.line})`;
      lines.push(`  in ${diagnostic.path}${yaml}`);
    }
    for (const { message, location } of diagnostic.related ?? [])
      lines.push(`  ${message}: ${place(location)}`);
    if (diagnostic.sites !== undefined) lines.push(`  ${some(diagnostic.sites, 'in')}`);
    if (others.length > 0) {
      const places = others.flatMap(({ location, path }) =>
        location === undefined ? [path ?? ''] : [place(location)],
      );
      lines.push(`  ${some(places, 'at')}`);
    }
    if (diagnostic.help !== undefined) lines.push(`  ${colors.green('fix')}: ${diagnostic.help}`);
    return `${lines.join('\n')}\n`;
  };

  if (diagnostics.length === 0) return '';
  const causes = groupCauses(diagnostics);
  const total = (['error', 'warning'] as const).flatMap((severity) => {
    const found = diagnostics.filter((diagnostic) => diagnostic.severity === severity);
    if (found.length === 0) return [];
    const of = causes.filter(({ first }) => first.severity === severity).length;
    const sites = countSites(found);
    return [sites === of ? plural(of, severity) : `${plural(of, severity)} at ${sites} places`];
  });
  return `${causes.map(one).join('\n')}\n${total.join(', ')}\n`;
}
