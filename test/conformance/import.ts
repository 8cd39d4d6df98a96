/**
 * Every configuration of the corpus that Envoy accepts, imported as TypeScript: the module must compile and give the same
 * content.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proveImport } from '../../compiler/tools.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';

export async function run({ sharedDir }: { readonly sharedDir: string }) {
  const rows = readFileSync(join(sharedDir, 'corpus', 'VERDICTS.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  const accepted = rows.map((row) => row.split('\t')).filter((cells) => cells[4] === 'accept');
  const lines: string[] = [];
  let [passed, failed, plainly] = [0, 0, 0];
  for (const [path = ''] of accepted) {
    const { value } = readMessage(
      'envoy.config.bootstrap.v3.Bootstrap',
      readYaml(readFileSync(join(sharedDir, 'corpus', path), 'utf8')).value,
    );
    const { errors, plain, text } = await proveImport(value);
    if (text !== undefined) {
      passed++;
      if (plain) {
        plainly++;
        lines.push(`without builders: ${path}`);
      }
      continue;
    }
    failed++;
    lines.push(
      `${path}: ${errors
        .map(({ message }) => message)
        .join('; ')
        .slice(0, 300)}`,
    );
  }
  lines.push(`${passed} of ${accepted.length} round-trip, ${plainly} of them without builders`);
  return { passed, failed, lines };
}
