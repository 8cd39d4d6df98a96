/**
 * Every configuration of the corpus, formatted: the content and the number of comments stay, and formatting again changes
 * nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { formatYaml } from '../../compiler/tools.js';
import { readYaml } from '../../dsl/api/index.js';

const comments = (text: string): number => text.split('\n').filter((line) => /(^|\s)#/.test(line)).length;

export async function run({ sharedDir }: { readonly sharedDir: string }) {
  const rows = readFileSync(join(sharedDir, 'corpus', 'VERDICTS.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  const lines: string[] = [];
  let [passed, failed] = [0, 0];
  for (const row of rows) {
    const path = row.split('\t')[0] ?? '';
    const text = readFileSync(join(sharedDir, 'corpus', path), 'utf8');
    const once = formatYaml(text);
    if ('errors' in once) {
      lines.push(`no YAML: ${path}`);
      continue;
    }
    const twice = formatYaml(once.text);
    const problems = [
      isDeepStrictEqual(readYaml(once.text).value, readYaml(text).value) ? '' : 'content changed',
      comments(once.text) >= comments(text) ? '' : `${comments(text)} comments became ${comments(once.text)}`,
      'text' in twice && twice.text === once.text ? '' : 'not stable',
    ].filter((problem) => problem !== '');
    if (problems.length === 0) passed++;
    else {
      failed++;
      lines.push(`${path}: ${problems.join(', ')}`);
    }
  }
  return { passed, failed, lines };
}
