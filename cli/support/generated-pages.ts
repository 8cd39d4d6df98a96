/**
 * The pages of `docs/` that are made of the code, so that they are true.
 */
import { join } from 'node:path';
import { builderPage } from './builder-page.js';
import { commandPage } from './command-page.js';
import { diagnosticPage } from './diagnostic-page.js';
import { lintTable } from './lint-table.js';
import { supportTable } from './support-table.js';

/** @param root folder of the package, built @returns texts by their names in `docs/` */
export async function generatedPages(root: string): Promise<Readonly<Record<string, string>>> {
  return {
    'support.md': supportTable(),
    'lint.md': lintTable(),
    'reference/commands.md': await commandPage(),
    'reference/diagnostics.md': diagnosticPage(),
    'reference/builders.md': builderPage(join(root, 'dist', 'dsl', 'index.d.ts')),
  };
}
