/**
 * Files below a folder.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../command.js';

/** What other tools write or keep. */
const skipped: ReadonlySet<string> = new Set(['node_modules', 'dist']);

/**
 * Without `node_modules`, `dist` and hidden folders; links to folders are not followed.
 * @returns paths from the folder on, with `/`, sorted
 * @throws UsageError when a folder cannot be read
 */
export function findFiles(folder: string, wanted: RegExp): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    try {
      for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
        const inside = path === '' ? entry.name : `${path}/${entry.name}`;
        if (entry.isDirectory()) {
          if (!skipped.has(entry.name) && !entry.name.startsWith('.')) visit(inside);
        } else if (wanted.test(entry.name)) found.push(inside);
      }
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`the folder '${join(folder, path)}' cannot be read: ${(error as Error).message}`);
    }
  };
  visit('');
  return found.sort();
}
