/**
 * The modules of a command from one script (`cli/setup/bundle.mjs` makes it), with what V8 compiled the last time. Half of
 * the time of a short command is otherwise spent on finding and compiling some 300 files.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { KeptScript } from './kept-script.js';

/** This file runs from `dist/cli/bundle`. */
const folder = dirname(fileURLToPath(import.meta.url));
const dist = join(folder, '..', '..');

type ModuleFunction = (exports: object, require: (specifier: string) => unknown, url: () => string) => void;
type PackageFunction = (exports: object, require: NodeJS.Require, module: { exports: object }) => void;

export interface Bundle {
  /** @param path below `dist`, e.g. `cli/main.js`. @throws when the bundle has no such module */
  load(path: string): unknown;
  /** Keeps what V8 has compiled by now, when nothing was kept before. Never throws. */
  keep(): void;
}

/** Packages whose compiling takes long. They are one file each, in CommonJS, which imports nothing. */
const largePackages: ReadonlySet<string> = new Set(['re2js']);

/** Packages that many configurations do not need: loaded when the first of their names is asked for. */
const latePackages: ReadonlySet<string> = new Set(['re2js', 'yaml']);

function late(load: () => object): object {
  let exports: object | undefined;
  return new Proxy(
    {},
    {
      get(_none, name) {
        exports ??= load();
        return Reflect.get(exports, name) as unknown;
      },
    },
  );
}

/** undefined: there is none, as in a clone that is being built. */
function readScript(name: string): string | undefined {
  try {
    return readFileSync(join(folder, `${name}.script.js`), 'latin1');
  } catch {
    return undefined;
  }
}

/** Version of the package that a file belongs to. */
function versionOf(file: string): string {
  for (let at = dirname(file); at !== dirname(at); at = dirname(at)) {
    const manifest = join(at, 'package.json');
    if (existsSync(manifest))
      return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  }
  throw new Error(`${file} belongs to no package`);
}

/**
 * @param name of the script
 * @param use what the modules are loaded for: each use compiles other functions, and has what it compiled to itself
 * @returns undefined when there is no bundle
 */
export function loadBundle(name: 'command' | 'worker', use: string): Bundle | undefined {
  const text = readScript(name);
  if (text === undefined) return undefined;
  // `// <hash>` is how the text begins.
  const hash = text.slice(3, 19);
  const scripts: KeptScript[] = [];
  const runScript = (filename: string, code: string, keptAs: string): unknown => {
    const script = new KeptScript(filename, code, join(folder, `${use}-${keptAs}`));
    scripts.push(script);
    return script.run();
  };
  const modules = runScript(join(folder, `${name}.script.js`), text, hash) as Record<string, ModuleFunction>;
  const loaded = new Map<string, unknown>();
  const packages = createRequire(import.meta.url);

  const loadPackage = (specifier: string): object => {
    if (!largePackages.has(specifier)) return packages(specifier) as object;
    const file = packages.resolve(specifier);
    const code = `(function (exports, require, module) {${readFileSync(file, 'utf8')}\n})`;
    const version = versionOf(file);
    const module = { exports: {} };
    const run = runScript(file, code, `${specifier}-${version}-${code.length}`) as PackageFunction;
    run(module.exports, packages, module);
    return module.exports;
  };

  const require = (specifier: string): unknown => {
    if (specifier.startsWith('#')) return load(specifier.slice(1));
    let exports = loaded.get(specifier);
    if (exports === undefined) {
      const load = () => loadPackage(specifier);
      exports = latePackages.has(specifier) ? late(load) : load();
      loaded.set(specifier, exports);
    }
    return exports;
  };

  function load(path: string): unknown {
    const before = loaded.get(path);
    if (before !== undefined) return before;
    const run = modules[path];
    if (run === undefined) throw new Error(`the bundle has no module ${path}`);
    const exports = {};
    loaded.set(path, exports);
    run(exports, require, () => pathToFileURL(join(dist, path)).href);
    return exports;
  }

  return {
    load,
    keep() {
      for (const script of scripts) script.keep();
    },
  };
}
