/**
 * The page of a lint rule: the doc comment of what its file exports, read when somebody asks for it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This file runs from `dist/compiler/lint`, beside `rules`. */
const folder = join(dirname(fileURLToPath(import.meta.url)), 'rules');

export interface RuleExample {
  readonly kind: 'wrong' | 'right';
  /** What the text is a piece of: `bootstrap`, `cluster`, `listener`, `hcm`, `hosts`, `routes`, `upstream-tls`, `downstream-tls`. */
  readonly piece: string;
  readonly yaml: string;
}

/** Markdown, with the name as its heading. undefined when there is no such rule. */
export function rulePage(name: string): string | undefined {
  const file = join(folder, `${name}.js`);
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(file)) return undefined;
  const comment = /^\/\*\*\n((?: \*.*\n)+?) \*\/\nexport const /m.exec(readFileSync(file, 'utf8'))?.[1];
  return comment === undefined ? undefined : comment.replace(/^ \* ?/gm, '');
}

/** The examples of a page, in their order. */
export function examplesOf(page: string): RuleExample[] {
  const examples: RuleExample[] = [];
  let kind: RuleExample['kind'] = 'wrong';
  for (const match of page.matchAll(/^(Wrong|Right):$|^```yaml ([\w-]+)\n([\s\S]*?)^```$/gm)) {
    const [, heading, piece, yaml] = match;
    if (heading !== undefined) kind = heading === 'Wrong' ? 'wrong' : 'right';
    else examples.push({ kind, piece: piece ?? '', yaml: yaml ?? '' });
  }
  return examples;
}
