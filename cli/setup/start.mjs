/**
 * `npm start`: builds when needed, then runs the front-proxy project of `templates` where it is: an edit of its
 * configuration is compiled and loaded while it runs. What it generates goes to the ignored `.cache/front-proxy`.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './build.mjs';

await ensureBuilt();
const runner = join(root, 'templates', 'projects', 'front-proxy', 'run.mjs');
const { main } = await import(pathToFileURL(runner).href);
process.exit(await main());
