#!/usr/bin/env node
/**
 * The command `envoy3`. In a clone that was not built yet it says so instead of failing on an import.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'cli', 'main.js');
if (!existsSync(main)) {
  process.stderr.write("envoy3: not built yet; run 'npm run build' in the folder of the package\n");
  process.exit(1);
}
const at = (file) => pathToFileURL(join(dirname(main), file)).href;
const [{ main: run }, { processIo }] = await Promise.all([
  import(at('main.js')),
  import(at('process-io.js')),
]);
process.exitCode = await run(process.argv.slice(2), processIo);
