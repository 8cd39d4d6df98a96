/**
 * `dist/cli/bundle/*.script.js`: all modules that the short-lived commands need, as functions in one script. Node then finds,
 * opens and compiles one file instead of some 300, and V8 keeps what it compiled (`cli/bundle/load-bundle.ts`).
 * The modules are those of `dist`, turned into CommonJS by TypeScript; packages stay outside.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { compiler, root } from './build.mjs';

const dist = join(root, 'dist');
const folder = join(dist, 'cli', 'bundle');

/** The scripts, and where their closures begin: the command line, and the worker that evaluates configurations. */
const scripts = {
  command: ['cli/main.js', 'cli/process-io.js'],
  worker: ['compiler/evaluate/worker.js'],
};

/** Long-running commands are loaded from their own files: what a second is spent on there is not the start. */
const left = new Set(['cli/commands/serve.js', 'cli/commands/discovery.js', 'cli/commands/lsp.js']);

/** Imports as TypeScript writes them; in the bundle they name the module below `dist`, behind a hash sign. */
const requires = /\brequire\(["'](\.{1,2}\/[^"']+)["']\)/g;

function toCommonJs(out) {
  const project = join(out, 'tsconfig.json');
  const compilerOptions = {
    ...{ allowJs: true, noCheck: true, noResolve: true, skipLibCheck: true, types: [], lib: ['es2023'] },
    ...{ target: 'es2022', module: 'commonjs', moduleResolution: 'bundler', esModuleInterop: true },
    ...{ rootDir: dist, outDir: join(out, 'js'), removeComments: true },
  };
  const include = ['cli', 'compiler', 'dsl', 'runtime'].map((name) => join(dist, name, '**/*.js'));
  const exclude = [folder, join(dist, 'dsl', 'generate')];
  writeFileSync(project, JSON.stringify({ compilerOptions, include, exclude }));
  execFileSync(compiler(), ['-p', project], { stdio: ['ignore', 2, 2] });
  return join(out, 'js');
}

/** Path to text of every module that the entries lead to. */
function closure(js, entries) {
  const found = new Map();
  const open = [...entries];
  while (open.length > 0) {
    const path = open.pop();
    if (found.has(path) || left.has(path)) continue;
    const file = join(js, path);
    if (!existsSync(file)) throw new Error(`${path} is imported and was not compiled`);
    const text = readFileSync(file, 'utf8')
      .replaceAll('import.meta.url', '__url()')
      .replace(requires, (_all, specifier) => {
        const target = posix.join(posix.dirname(path), specifier);
        open.push(target);
        return `require("#${target}")`;
      });
    if (/\bimport\.meta\b/.test(text)) throw new Error(`${path} asks import.meta for more than its URL`);
    found.set(path, text);
  }
  return found;
}

/** @returns the text of a script */
function scriptOf(js, entries) {
  const modules = [...closure(js, entries)].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = modules
    .map(([path, code]) => `${JSON.stringify(path)}:function(exports,require,__url){${code}\n}`)
    .join(',\n')
    // One octet a character: V8 takes it as it is.
    .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  // The name of V8's data has the hash in it: V8 itself looks only at the length of the text.
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `// ${hash}\n({${text}})\n`;
}

const out = mkdtempSync(join(tmpdir(), 'envoy3-bundle-'));
try {
  const js = toCommonJs(out);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (/\.script\.js$|\.v8$/.test(name)) rmSync(join(folder, name));
  }
  for (const [name, entries] of Object.entries(scripts)) {
    writeFileSync(join(folder, `${name}.script.js`), scriptOf(js, entries));
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
