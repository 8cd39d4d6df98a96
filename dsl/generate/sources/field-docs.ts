/**
 * What the fields mean, out of the comments of an installed npm package that was generated from Envoy's protos
 * (`@grpc/grpc-js-xds`): the first paragraph of each, as plain text. Where the package is absent, or older than a field,
 * there is none, and the type's link to Envoy's documentation has to do.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `<full message name>.<field>`, or the message's own name, to its text. */
export type FieldDocs = ReadonlyMap<string, string>;

/** Longest text that is taken. */
const longest = 400;

/** ReStructuredText -> plain text on one line. */
function plainText(comment: string): string {
  const [paragraph = ''] = comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, ''))
    .join('\n')
    .replace(/\[#[^\]]*\]/g, '')
    .trim()
    .split(/\n\s*\n/);
  const text = paragraph
    .replace(/:\w+:`([^`<]*?)\s*<[^`]*>`/g, '$1')
    .replace(/:\w+:`([^`]*)`/g, '$1')
    .replace(/``([^`]*)``/g, '`$1`')
    .replace(/\*\//g, '')
    .replace(/\s+/g, ' ')
    .trim();
  // Directives, tables and lists say nothing without what follows them.
  if (text === '' || /^(?:\.\.|\+-|\* |- )/.test(text) || text.endsWith(':')) return '';
  if (text.length <= longest) return text;
  const end = text.lastIndexOf('. ', longest);
  return end > 0 ? text.slice(0, end + 1) : `${text.slice(0, longest - 3)}...`;
}

/** Names in the package: `_envoy_config_cluster_v3_CircuitBreakers_Thresholds`, `Cluster`. */
function readFile(text: string, packageName: string, docs: Map<string, string>): void {
  let message = '';
  let comment = '';
  const pattern = /\/\*\*([\s\S]*?)\*\/|^export interface (\w+) \{|^ {4}'(\w+)'\??:|^\}/gm;
  for (const [whole, body, name, field] of text.matchAll(pattern)) {
    if (body !== undefined) {
      comment = plainText(body);
      continue;
    }
    if (name !== undefined) {
      const local = name.startsWith('_')
        ? name.slice(1).replace(`${packageName.replaceAll('.', '_')}_`, '')
        : name;
      message = name.endsWith('__Output') ? '' : `${packageName}.${local.replaceAll('_', '.')}`;
      if (message !== '' && comment !== '') docs.set(message, comment);
    } else if (field !== undefined && message !== '' && comment !== '') {
      docs.set(`${message}.${field}`, comment);
    } else if (whole === '}') message = '';
    comment = '';
  }
}

function readFolder(folder: string, packageName: string, docs: Map<string, string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      readFolder(path, packageName === '' ? entry.name : `${packageName}.${entry.name}`, docs);
    } else if (entry.name.endsWith('.d.ts')) readFile(readFileSync(path, 'utf8'), packageName, docs);
  }
}

/** @param root folder of package.json */
export function readFieldDocs(root: string): FieldDocs {
  const docs = new Map<string, string>();
  const folder = join(root, 'node_modules', '@grpc', 'grpc-js-xds', 'build', 'src', 'generated');
  for (const name of ['envoy', 'xds']) {
    if (existsSync(join(folder, name))) readFolder(join(folder, name), name, docs);
  }
  return docs;
}
