/**
 * The committed facts against the descriptors and the extension table inside the real binary: every message, field,
 * number, type, label, oneof, rule, deprecation, enum value and extension, both ways. Categories of slots come from the
 * protos' comments, which a binary does not have; they are left aside here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiModel } from '../../dsl/api/model/api-model.js';
import { formatFacts, parseFacts } from '../../dsl/generate/facts-text.js';
import { readModel } from '../../dsl/generate/sources/descriptors.js';
import { readBinaryDescriptors, readExtensionTable } from '../../dsl/generate/sources/envoy-binary.js';

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly lines: readonly string[];
}

/** One fact a line, each with the message or enum that it belongs to. */
export function factLines(model: ApiModel): Set<string> {
  const lines = new Set<string>();
  let owner = '';
  for (const line of formatFacts(model).split('\n')) {
    if (!line.startsWith('  ')) owner = line.split(' ').slice(0, 2).join(' ');
    lines.add(line.startsWith('  ') ? `${owner}: ${line.trim().replace(/ in:\S+/, '')}` : line);
  }
  return lines;
}

export async function run(context: {
  readonly envoyBin: string;
  readonly root: string;
}): Promise<SuiteResult> {
  const facts = parseFacts(
    readFileSync(join(context.root, 'dsl', 'generate', 'facts', 'envoy-1.40.txt'), 'utf8'),
  );
  const descriptors = readBinaryDescriptors(context.envoyBin);
  const extensions = await readExtensionTable(context.envoyBin);
  const real = factLines(
    readModel(facts.release, descriptors, new Set(descriptors.keys()), new Map(), extensions),
  );
  const ours = factLines(facts);
  const missing = [...real].filter((line) => !ours.has(line));
  const differing = [...ours].filter((line) => !real.has(line));
  const lines = [
    `${ours.size} facts: ${missing.length} missing, ${differing.length} that the binary does not have`,
    ...missing.slice(0, 10).map((line) => `- ${line}`),
    ...differing.slice(0, 10).map((line) => `+ ${line}`),
  ];
  return { passed: ours.size - differing.length, failed: missing.length + differing.length, lines };
}
