/**
 * Differences as text, as Markdown for a pull request, and as data.
 */
import type { Change } from './diff-configurations.js';

/** Longest value that is shown in full. */
const maxValue = 120;

/** A value on one line, cut where it is long. */
export function shortValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > maxValue ? `${text.slice(0, maxValue)}...` : text;
}

/** By resource, in the order of the first change. */
export function byResource(changes: readonly Change[]): Map<string, Change[]> {
  const found = new Map<string, Change[]>();
  for (const change of changes) found.set(change.resource, [...(found.get(change.resource) ?? []), change]);
  return found;
}

const marks = { added: '+', removed: '-', changed: '~', moved: '>' } as const;

function line({ after, before, kind, path }: Change): string {
  switch (kind) {
    case 'added':
      return `${path}: ${shortValue(after)}`;
    case 'removed':
      return `${path}: ${shortValue(before)}`;
    case 'moved':
      return `${path}: from place ${String(before)} to ${String(after)}`;
    case 'changed':
      return `${path}${path === '' ? '' : ': '}${shortValue(before)} -> ${shortValue(after)}`;
  }
}

/** `added`, `removed` when the resource as a whole is; else `changed`. */
export function kindOfResource(changes: readonly Change[]): 'added' | 'removed' | 'changed' {
  const [first] = changes;
  return first?.path === '' && (first.kind === 'added' || first.kind === 'removed') ? first.kind : 'changed';
}

/** For a terminal: `+ cluster a`, and the changed fields below their resource. */
export function diffText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'no difference\n';
  const lines: string[] = [];
  for (const [resource, list] of byResource(changes)) {
    const kind = kindOfResource(list);
    lines.push(`${marks[kind]} ${resource}`);
    if (kind === 'changed')
      for (const change of list) lines.push(`    ${marks[change.kind]} ${line(change)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Inside of a code span. */
export function codeSpan(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** For a pull request. */
export function diffMarkdown(changes: readonly Change[]): string {
  if (changes.length === 0) return 'No difference.\n';
  const lines: string[] = [];
  for (const [resource, list] of byResource(changes)) {
    const kind = kindOfResource(list);
    lines.push(`- **${kind}** ${codeSpan(resource)}`);
    if (kind === 'changed')
      for (const change of list) lines.push(`  - ${change.kind}: ${codeSpan(line(change))}`);
  }
  return `${lines.join('\n')}\n`;
}

/** One line, with the version of its form. */
export function diffJson(changes: readonly Change[]): string {
  return `${JSON.stringify({ version: 1, changes })}\n`;
}
