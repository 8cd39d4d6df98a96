/**
 * The readers' verdicts against real Envoy's: the corpus as it is, and 1,200 recorded single faults in it. A finding of the
 * readers on what Envoy accepts is a failure, and so is silence on a fault of a class that the readers can know.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Issue } from '../../dsl/api/index.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';
import { readMutants } from './mutants.js';

const bootstrap = 'envoy.config.bootstrap.v3.Bootstrap';

/** Faults that a schema, the rules and the extension table can know; the others are checks of the compiler's own. */
const knowable: ReadonlySet<string> = new Set([
  'parse',
  'unknown-field',
  'unknown-type',
  'pgv',
  'extension-config',
]);

/** Classes of the corpus in the words of the readers. */
const corpusClasses: Readonly<Record<string, string>> = {
  'other:parse': 'parse',
  'other:no-typed-config': 'extension-config',
};

/**
 * What Envoy stops at: it parses the whole file before it looks at rules and extensions. Without the stage an equal class
 * would be luck.
 */
function agrees(issues: readonly Issue[], expected: string): boolean {
  const parsing = issues.filter((issue) => /^(parse|unknown-)/.test(issue.class));
  const stage = parsing.length > 0 ? parsing : issues;
  return stage.some((issue) => issue.class === expected);
}

function show(issues: readonly Issue[]): string {
  return issues
    .slice(0, 2)
    .map((issue) => `${issue.class} ${issue.path.join('.')} ${issue.message}`)
    .join(' | ');
}

function readText(text: string): readonly Issue[] {
  const yaml = readYaml(text);
  if (yaml.errors.length > 0) {
    return yaml.errors.map(({ message }) => ({ class: 'parse', path: [], message }));
  }
  return readMessage(bootstrap, yaml.value).issues;
}

class Tally {
  readonly lines: string[] = [];
  passed = 0;
  failed = 0;

  count(good: boolean, line: () => string): void {
    if (good) this.passed++;
    else {
      this.failed++;
      this.lines.push(line());
    }
  }
}

function corpus(sharedDir: string, tally: Tally): string {
  let judged = 0;
  let others = 0;
  const rows = readFileSync(join(sharedDir, 'corpus', 'VERDICTS.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  for (const row of rows) {
    const [path = '', , , , verdict = '', fullClass = '', message = ''] = row.split('\t');
    const expected = corpusClasses[fullClass] ?? fullClass;
    const issues = readText(readFileSync(join(sharedDir, 'corpus', path), 'utf8'));
    if (verdict === 'accept') {
      judged++;
      tally.count(issues.length === 0, () => `refused, Envoy accepts: ${path}: ${show(issues)}`);
    } else if (knowable.has(expected)) {
      judged++;
      tally.count(
        agrees(issues, expected),
        () => `${path}: Envoy ${expected}: ${message.slice(0, 160)}; here: ${show(issues) || 'nothing'}`,
      );
    } else if (fullClass === 'unavailable-extension') {
      // Envoy's build lacks the extension: so does the table, which says so in one of two ways.
      judged++;
      tally.count(
        issues.length > 0,
        () => `${path}: Envoy ${fullClass}: ${message.slice(0, 160)}; here: nothing`,
      );
    } else others++;
  }
  return `corpus: ${judged} files judged by the readers, ${others} left to the checks`;
}

function mutants(sharedDir: string, tally: Tally): string {
  const counts = new Map<string, { good: number; all: number }>();
  let others = 0;
  for (const { row, value } of readMutants(sharedDir)) {
    if (row.verdict !== 'accept' && !knowable.has(row.class)) {
      others++;
      continue;
    }
    const { issues } = readMessage(bootstrap, value);
    const good = row.verdict === 'accept' ? issues.length === 0 : agrees(issues, row.class);
    const count = counts.get(row.class) ?? { good: 0, all: 0 };
    count.all++;
    if (good) count.good++;
    counts.set(row.class, count);
    tally.count(
      good,
      () =>
        `${row.file} ${row.op} ${row.path} ${JSON.stringify(row.value)?.slice(0, 80)}: Envoy ${row.class}: ${row.message.slice(0, 200)}; here: ${show(issues) || 'nothing'}`,
    );
  }
  const shares = [...counts].map(([name, { good, all }]) => `${name} ${good}/${all}`).sort();
  return `mutations: ${shares.join(', ')}; ${others} left to the checks`;
}

export async function run(sharedDir: string): Promise<{ passed: number; failed: number; lines: string[] }> {
  const tally = new Tally();
  const summary = [corpus(sharedDir, tally), mutants(sharedDir, tally)];
  return { passed: tally.passed, failed: tally.failed, lines: [...summary, ...tally.lines] };
}
