/**
 * Positions in emitted JavaScript -> positions in the sources.
 */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { modulePrefix } from './module-loader.js';
import type { Origin } from './messages.js';

const maps = new Map<string, SourceMap | undefined>();

function mapOf(path: string): SourceMap | undefined {
  if (!maps.has(path)) {
    const file = `${path}.map`;
    maps.set(path, existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined);
  }
  return maps.get(path);
}

/** The innermost frame of a stack that lies in an emitted module. */
export function originOfStack(
  stack: string,
  outDir: string,
  sourceOf: (path: string) => string,
): Origin | undefined {
  const frames = stack.split('\n');
  // A syntax error has its place, without a column, before the message.
  const place = /^((?:\/|[A-Za-z]:\\).*):(\d+)$/.exec(frames[0] ?? '');
  if (place !== null) frames[0] = `${place[0]}:1`;
  for (const frame of frames) {
    const match = /\(?((?:\/|[A-Za-z]:\\).*):(\d+):(\d+)\)?$/.exec(frame.trim());
    const [, path = '', line, column] = match ?? [];
    if (!path.startsWith(outDir)) continue;
    const row = Number(line) - 1;
    const shifted = Number(column) - 1 - (row === 0 ? modulePrefix.length : 0);
    const entry = mapOf(path)?.findEntry(row, Math.max(0, shifted)) as
      | { originalLine?: number; originalColumn?: number }
      | undefined;
    if (entry?.originalLine === undefined) continue;
    return {
      file: sourceOf(path),
      line: entry.originalLine + 1,
      column: (entry.originalColumn ?? 0) + 1,
      length: 1,
    };
  }
  return undefined;
}
