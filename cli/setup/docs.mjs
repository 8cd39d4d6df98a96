/**
 * `node cli/setup/docs.mjs`: builds when needed and writes the pages of `docs/` that are made of the code.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './build.mjs';

await ensureBuilt();
const { generatedPages } = await import(
  pathToFileURL(join(root, 'dist/cli/support/generated-pages.js')).href
);
for (const [name, text] of Object.entries(await generatedPages(root))) {
  writeFileSync(join(root, 'docs', name), text);
  process.stderr.write(`envoy3: docs/${name} is written\n`);
}
