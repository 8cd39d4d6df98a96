/**
 * The project file that a configuration is compiled with: strict, without ambient types, and with `envoy3` being this
 * installation, so that a folder with nothing but a configuration in it compiles.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { packageRoot } from './native-compiler.js';

/** A temporary folder of one compilation. */
export interface Workspace {
  readonly folder: string;
  remove(): void;
}

export function createWorkspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What a module may use of its surroundings besides the language: `console`, which writes to standard error. */
const surroundings = `interface Console {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
}
declare const console: Console;
`;

export interface ProjectFile {
  readonly path: string;
  /** Emitted JavaScript mirrors the absolute paths of its sources below this folder. */
  readonly outDir: string;
}

/** @param check false: transpile only */
export function writeProject(
  workspace: Workspace,
  name: string,
  files: readonly string[],
  check: boolean,
): ProjectFile {
  const folder = join(workspace.folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'surroundings.d.ts'), surroundings);
  const outDir = join(folder, 'out');
  const types = (...path: string[]) => [join(packageRoot, 'dist', 'dsl', ...path)];
  const project = {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023'],
      module: 'commonjs',
      moduleResolution: 'bundler',
      allowImportingTsExtensions: true,
      rewriteRelativeImportExtensions: true,
      resolveJsonModule: true,
      esModuleInterop: true,
      allowJs: true,
      types: [],
      strict: true,
      noFallthroughCasesInSwitch: true,
      skipLibCheck: true,
      sourceMap: true,
      noEmitOnError: false,
      rootDir: parse(folder).root,
      outDir,
      ...(check
        ? {
            paths: {
              envoy3: types('index.d.ts'),
              'envoy3/api': types('api', 'index.d.ts'),
              'envoy3/api/types': types('api', 'generated', 'types.d.ts'),
            },
          }
        : { noCheck: true, noResolve: true }),
    },
    files: [join(folder, 'surroundings.d.ts'), ...files],
  };
  const path = join(folder, 'tsconfig.json');
  writeFileSync(path, JSON.stringify(project));
  return { path, outDir };
}
