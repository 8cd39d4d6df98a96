/**
 * `npm run build`: installs what is missing, makes the Envoy API from the facts, compiles TypeScript.
 * Plain JavaScript without dependencies, because it runs on a fresh clone with nothing installed.
 * Each step is skipped when its inputs are unchanged (a content stamp under dist/).
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const stampFile = join(root, 'dist', '.build-stamp');

/** Runs a command with inherited output. @returns its exit code. */
export function run(command, args, options = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
    child.on('error', fail);
    child.on('exit', (code, signal) => done(signal ? 1 : code));
  });
}

/** One step with its name before and its time after, so that nobody looks at a silent screen. */
async function step(name, command, args) {
  process.stderr.write(`envoy3: ${name} ...\n`);
  const started = Date.now();
  const code = await run(command, args);
  if (code !== 0) {
    process.stderr.write(`envoy3: ${name} failed (exit code ${code})\n`);
    process.exit(1);
  }
  process.stderr.write(`envoy3: ${name} took ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/** `npm ci`, when node_modules is absent or older than the lock file's content. */
export async function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const marker = join(root, 'node_modules', '.envoy3-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return;
  const npm = process.env.npm_execpath;
  const viaNode = npm?.endsWith('.js') ?? false;
  await step('installing packages', viaNode ? process.execPath : 'npm', [
    ...(viaNode ? [npm] : []),
    'ci',
    '--no-fund',
    '--no-audit',
    '--include=dev',
  ]);
  writeFileSync(marker, lock);
}

/** Every source that the build reads, in a stable order. */
function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'generated' && entry.name !== 'node_modules' && entry.name !== 'golden')
        yield* sources(path);
    } else if (/\.(ts|txt|tsv|json)$/.test(entry.name)) yield path;
  }
}

/** A stamp of names, sizes and times: reading 300 files' metadata costs a few milliseconds, hashing them would not. */
function stamp() {
  const hash = createHash('sha256');
  for (const folder of ['dsl', 'compiler', 'runtime', 'cli', 'test']) {
    for (const path of sources(join(root, folder))) {
      const { size, mtimeMs } = statSync(path);
      hash.update(`${path}\0${size}\0${mtimeMs}\n`);
    }
  }
  hash
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(readFileSync(join(root, 'tsconfig.base.json')));
  return hash.digest('hex');
}

/** Path of TypeScript's native compiler, without its Node wrapper, which costs more time than the check. */
export function compiler() {
  const require = createRequire(join(root, 'package.json'));
  const platform = `@typescript/typescript-${process.platform}-${process.arch}`;
  const manifest = require.resolve(`${platform}/package.json`, {
    paths: [dirname(require.resolve('typescript/package.json'))],
  });
  return join(dirname(manifest), 'lib', process.platform === 'win32' ? 'tsc.exe' : 'tsc');
}

/** Makes everything ready to run. Does nothing, in some 20 ms, when nothing changed. */
export async function ensureBuilt() {
  await ensureInstalled();
  const before = stamp();
  const generated = join(root, 'dsl', 'api', 'generated', 'table.ts');
  if (existsSync(stampFile) && existsSync(generated) && readFileSync(stampFile, 'utf8') === before) return;
  const tsc = compiler();
  await step('compiling the API generator', tsc, ['-b', 'dsl/generate']);
  await step('generating the Envoy API', process.execPath, ['dist/dsl/generate/main.js']);
  await step('compiling', tsc, ['-b']);
  await step('bundling the command', process.execPath, [join(root, 'cli', 'setup', 'bundle.mjs')]);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, before);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureBuilt();
