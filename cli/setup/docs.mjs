/**
 * `node cli/setup/docs.mjs`: builds when needed and writes the pages of `docs/` that are made of the code.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './build.mjs';

await ensureBuilt();
const { supportTable } = await import(pathToFileURL(join(root, 'dist/cli/support/support-table.js')).href);
writeFileSync(join(root, 'docs', 'support.md'), supportTable());
const { lintTable } = await import(pathToFileURL(join(root, 'dist/cli/support/lint-table.js')).href);
writeFileSync(join(root, 'docs', 'lint.md'), lintTable());
process.stderr.write('envoy3: docs/support.md and docs/lint.md are written\n');
