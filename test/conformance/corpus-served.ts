/**
 * Every configuration of the corpus that real Envoy accepts, put to the bundled runtime: how many it serves as a whole, by
 * tier, and what most of the others ask for. The figures are published (`docs/support.md`) and must be true.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusShares } from '../../cli/support/corpus-share.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';
import { refuseUnsupported } from '../../runtime/config/refuse-unsupported.js';
import { supportedFields } from '../../runtime/extensions.js';
import { createServer } from '../../runtime/server/server.js';

function rowsOf(file: string): string[][] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => line.split('\t'));
}

/** In words, each once; empty when all of it is served. */
function refusals(text: string): readonly string[] {
  const { issues, value } = readMessage('envoy.config.bootstrap.v3.Bootstrap', readYaml(text).value);
  if (issues.length > 0) return issues.map(({ message }) => message);
  return [...new Set(refuseUnsupported(value, supportedFields).map(({ message }) => message))];
}

/** What the runtime says when it builds all of a configuration, which may refuse a value by itself; undefined: it is good. */
async function complaint(configPath: string): Promise<string | undefined> {
  const writeLog = (): void => undefined;
  try {
    const server = await createServer({ configPath, watch: false, mode: 'validate', writeLog });
    await server.shutdown();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** How many reasons are printed. */
const shownReasons = 25;

export async function run({ sharedDir }: { readonly sharedDir: string }) {
  const corpus = join(sharedDir, 'corpus');
  const tiers = new Map(rowsOf(join(corpus, 'COVERAGE.tsv')).map(([path, , tier]) => [path, tier]));
  const counts = new Map(corpusShares.map(({ tier }) => [tier, { served: 0, accepted: 0 }]));
  const reasons = new Map<string, number>();
  const lines: string[] = [];
  let [passed, failed] = [0, 0];
  for (const [path = '', plainVerdict, , , verdict] of rowsOf(join(corpus, 'VERDICTS.tsv'))) {
    const count = counts.get(tiers.get(path) ?? '');
    if (verdict !== 'accept' || count === undefined) continue;
    count.accepted++;
    const found = refusals(readFileSync(join(corpus, path), 'utf8'));
    if (found.length === 0) {
      count.served++;
      // The others name files that are not there.
      const wrong = plainVerdict === 'accept' ? await complaint(join(corpus, path)) : undefined;
      if (wrong === undefined) passed++;
      else {
        failed++;
        lines.push(`refused when it is built: ${path}: ${wrong}`);
      }
    }
    for (const reason of found) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const { accepted, served, tier } of corpusShares) {
    const now = counts.get(tier) ?? { served: 0, accepted: 0 };
    const isTrue = now.accepted === accepted && now.served === served;
    if (isTrue) passed++;
    else failed++;
    lines.push(
      `tier ${tier}: ${now.served} of ${now.accepted} served as a whole${isTrue ? '' : `; cli/support/corpus-share.ts says ${served} of ${accepted}`}`,
    );
  }
  const most = [...reasons].sort(([, one], [, other]) => other - one).slice(0, shownReasons);
  for (const [reason, count] of most) lines.push(`  ${count}: ${reason}`);
  return { passed, failed, lines };
}
