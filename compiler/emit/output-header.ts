/**
 * The first line of a written file: who wrote it, and of what.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';

const start = '# Written by envoy3 ';

/** Of what a file was made. */
export interface OutputHeaderOptions {
  readonly version: string;
  /** Absolute path of the entry. */
  readonly entry: string;
  /** All files that the result depends on, absolute. */
  readonly inputs: readonly string[];
  /** `--env`. */
  readonly environment: string | undefined;
}

/** The same for the same contents, in whatever folder they lie. */
function inputHash({ entry, environment, inputs }: OutputHeaderOptions): string {
  const hash = createHash('sha256').update(environment ?? '');
  const names = inputs.map((path) => [relative(dirname(entry), path).replaceAll('\\', '/'), path] as const);
  for (const [name, path] of [...names].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    hash.update(`\0${name}\0`).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}

/** One line of comment with its line break. */
export function outputHeader(options: OutputHeaderOptions): string {
  const of = options.environment === undefined ? '' : ` for ${options.environment}`;
  return `${start}${options.version} from ${basename(options.entry)}${of} (inputs ${inputHash(options)}); edit that instead.\n`;
}

/** Whether the file has this text already, whatever its header says: then a reader need not read it again. */
export function isUpToDate(path: string, body: string): boolean {
  if (!existsSync(path)) return false;
  const before = readFileSync(path, 'utf8');
  return (before.startsWith(start) ? before.slice(before.indexOf('\n') + 1) : before) === body;
}
