/**
 * The tools that only look, on every configuration of the corpus: nothing differs from itself, a plan from itself is
 * empty, and drawings and pages come out whole.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  configurationGraph,
  diffConfigurations,
  diffText,
  documentHtml,
  documentMarkdown,
  dot,
  mermaid,
  overviewOf,
  planChange,
  planMarkdown,
  svg,
} from '../../compiler/tools.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';

/** What no output may have: a value that was not there. */
const hole = /undefined|\[object|NaN/;

export async function run({ sharedDir }: { readonly sharedDir: string }) {
  const rows = readFileSync(join(sharedDir, 'corpus', 'VERDICTS.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  const lines: string[] = [];
  let [passed, failed] = [0, 0];
  let before: unknown = {};
  for (const row of rows) {
    const path = row.split('\t')[0] ?? '';
    const text = readFileSync(join(sharedDir, 'corpus', path), 'utf8');
    const { value } = readMessage('envoy.config.bootstrap.v3.Bootstrap', readYaml(text).value);
    try {
      const overview = overviewOf(value);
      const graph = configurationGraph(overview);
      const same = planChange(value, structuredClone(value));
      if (diffConfigurations(value, structuredClone(value)).length > 0)
        throw new Error('differs from itself');
      if (same.impacts.length + same.routes.length > 0) throw new Error('the plan of no change is not empty');
      const outputs = [
        diffText(diffConfigurations(before, value)),
        planMarkdown(planChange(before, value)),
        svg(graph),
        dot(graph),
        mermaid(graph),
        documentHtml(overview, path),
        documentMarkdown(overview, path),
      ];
      const odd = outputs.find((output) => hole.test(output));
      if (odd !== undefined) throw new Error(`a hole: ${hole.exec(odd)?.[0]}`);
      passed++;
    } catch (error) {
      failed++;
      lines.push(`${path}: ${(error as Error).message}`);
    }
    before = value;
  }
  return { passed, failed, lines };
}
