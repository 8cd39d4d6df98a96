/**
 * What is hidden in diagnostics and in `/config_dump` against what the descriptors inside the real binaries (1.40, and the
 * older releases that can be had) mark as sensitive.
 */
import { sensitive as hiddenNames } from '../../compiler/diagnostics/secrets.js';
import { table } from '../../dsl/api/generated/table.js';
import { readBinaryDescriptors } from '../../dsl/generate/sources/envoy-binary.js';
import { sensitiveFields } from '../../dsl/generate/sources/sensitive-fields.js';
import { sensitive as redacted } from '../../runtime/admin/redact.js';

interface Context {
  readonly envoyBin: string;
  readonly olderBinaries: readonly { readonly release: string; readonly envoyBin: string }[];
}

/** By its own name, or because every field that holds such a message is hidden whole. */
function isHidden(field: string): boolean {
  const dot = field.lastIndexOf('.');
  if (hiddenNames.has(field.slice(dot + 1))) return true;
  const holders = Object.values(table.messages).flatMap(({ fields }) =>
    fields.filter(({ type }) => type === field.slice(0, dot)).map(({ name }) => name),
  );
  return holders.length > 0 && holders.every((name) => hiddenNames.has(name));
}

export async function run(context: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  const binaries = [...context.olderBinaries, { release: '1.40', envoyBin: context.envoyBin }];
  for (const { envoyBin, release } of binaries) {
    const fields = sensitiveFields(readBinaryDescriptors(envoyBin));
    const shown = fields.filter((field) => !isHidden(field));
    passed += fields.length - shown.length;
    lines.push(
      `${release}: ${fields.length} sensitive fields`,
      ...shown.map((field) => `not hidden: ${field}`),
    );
    if (release !== '1.40') continue;
    const known = new Set(
      Object.entries(redacted).flatMap(([type, names]) => names.map((name) => `${type}.${name}`)),
    );
    lines.push(
      ...fields.filter((field) => !known.has(field)).map((field) => `not hidden by the admin: ${field}`),
      ...[...known].filter((field) => !fields.includes(field)).map((field) => `hidden for nothing: ${field}`),
    );
  }
  const failed = lines.filter((line) => !line.endsWith('sensitive fields')).length;
  return { passed, failed, lines };
}
