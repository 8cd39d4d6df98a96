/**
 * Modules of a configuration: the emitted ones, `envoy3`, and packages in CommonJS, all inside the sandbox. Node's own
 * modules are refused.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { SandboxError } from './sandbox.js';

type ModuleFunction = (
  exports: object,
  require: (specifier: string) => unknown,
  module: object,
  file: string,
) => void;

export interface LoaderOptions {
  readonly context: object;
  /** Modules that are handed in, by specifier. */
  readonly provided: Readonly<Record<string, unknown>>;
  /** Emitted path to source path. */
  sourceOf(path: string): string;
}

export class ModuleLoader {
  readonly #options: LoaderOptions;
  readonly #cache = new Map<string, { exports: unknown }>();

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Absolute paths of all modules that were loaded. */
  get loaded(): string[] {
    return [...this.#cache.keys()];
  }

  load(path: string): unknown {
    const cached = this.#cache.get(path);
    if (cached !== undefined) return cached.exports;
    const module: { exports: unknown } = { exports: {} };
    this.#cache.set(path, module);
    const text = readFileSync(path, 'utf8');
    if (path.endsWith('.json')) {
      module.exports = JSON.parse(text) as unknown;
      return module.exports;
    }
    // The wrapper stands on the first line: columns there are shifted, which the caller of a position undoes.
    const script = new Script(`${modulePrefix}${text}\n})`, { filename: path });
    const run = script.runInContext(this.#options.context) as ModuleFunction;
    run(module.exports as object, (specifier) => this.#require(specifier, path), module, path);
    return module.exports;
  }

  #require(specifier: string, from: string): unknown {
    if (specifier in this.#options.provided) return this.#options.provided[specifier];
    if (specifier.startsWith('.') || specifier.startsWith('/')) {
      const found = this.#find(resolve(dirname(from), specifier));
      if (found !== undefined) return this.load(found);
      throw new SandboxError('E2006', `there is no module '${specifier}'`, 'check the path of the import');
    }
    if (specifier.startsWith('node:') || builtinModules.includes(specifier)) {
      throw new SandboxError(
        'E2006',
        `the module '${specifier}' is not available to a configuration`,
        "files are read with readFile(), the environment with env(), both from 'envoy3'",
      );
    }
    return this.load(this.#package(specifier, from));
  }

  #find(base: string): string | undefined {
    const candidates = [
      base,
      `${base}.js`,
      `${base}.json`,
      base.replace(/\.[cm]?ts$/, '.js'),
      join(base, 'index.js'),
    ];
    return candidates.find((path) => existsSync(path) && statSync(path).isFile());
  }

  #package(specifier: string, from: string): string {
    let path: string;
    try {
      path = createRequire(this.#options.sourceOf(from)).resolve(specifier);
    } catch {
      throw new SandboxError(
        'E2006',
        `there is no package '${specifier}'`,
        `install it: npm install ${specifier}`,
      );
    }
    if (path.endsWith('.mjs') || /^\s*(?:import|export)\s/m.test(readFileSync(path, 'utf8'))) {
      throw new SandboxError(
        'E2006',
        `the package '${specifier}' has no CommonJS form, which a configuration needs`,
        'copy what you need into a module of your own',
      );
    }
    return path;
  }
}

/** What stands before the first character of a module's text. */
export const modulePrefix = '(function (exports, require, module, __filename) {';
