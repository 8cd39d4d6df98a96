#!/usr/bin/env node
/**
 * The command `envoy3`. In a clone that was not built yet it says so instead of failing on an import.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const start = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'cli', 'bundle', 'start.js');
if (!existsSync(start)) {
  process.stderr.write("envoy3: not built yet; run 'npm run build' in the folder of the package\n");
  process.exit(1);
}
await import(pathToFileURL(start).href);
