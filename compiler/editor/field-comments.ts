/**
 * The comments of fields, out of the declarations that this package ships: nothing else has them at run time.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

let declarations: string | undefined;

function readDeclarations(): string {
  const file = fileURLToPath(new URL('../../dsl/api/generated/types.d.ts', import.meta.url));
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** The comment of a field in one paragraph; undefined when it has none. Reads a megabyte the first time. */
export function fieldComment(message: string, field: string): string | undefined {
  declarations ??= readDeclarations();
  const start = declarations.indexOf(`\nexport type ${message.replaceAll('.', '_')} = `);
  if (start < 0) return undefined;
  const end = declarations.indexOf('\nexport type ', start + 1);
  const body = declarations.slice(start, end < 0 ? undefined : end);
  const member = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*readonly ${field}\\??:`).exec(body);
  const text = member?.[1]
    ?.replace(/^\s*\*\s?@deprecated.*$/gm, '')
    .replace(/^\s*\* ?/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? undefined : text;
}
