/**
 * Files of route tests: found, read, and with positions for what is said about their tests.
 */
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Diagnostic, SourceLocation } from '../../compiler/index.js';
import type { RouteTest } from '../../compiler/tools.js';
import { evaluateModule, readRouteTests } from '../../compiler/tools.js';
import type { Path } from '../../dsl/api/index.js';
import { readYaml } from '../../dsl/api/index.js';
import type { Io } from '../command.js';
import { findFiles } from './find-files.js';

/** A file of route tests, open until `close`. */
export interface RouteTestFile {
  readonly file: string;
  /** Configuration under test, relative to the working directory; undefined: the file does not say. */
  readonly config?: string;
  readonly tests: readonly RouteTest[];
  readonly errors: readonly Diagnostic[];
  locate(paths: readonly Path[]): Promise<readonly (SourceLocation | undefined)[]>;
  close(): void;
}

/** `*.routes.ts`, `*.routes.yaml`, `*.routes.json` below a folder. @throws UsageError when it cannot be read */
export function findRouteTests(folder: string): string[] {
  return findFiles(folder, /\.routes\.(?:[cm]?ts|ya?ml|json)$/);
}

interface Loaded {
  readonly value?: unknown;
  readonly errors: readonly Diagnostic[];
  locate: RouteTestFile['locate'];
  close(): void;
}

async function load(file: string, io: Io): Promise<Loaded> {
  if (/\.[cm]?[jt]s$/.test(file)) {
    const module = await evaluateModule(file, io.cwd, io.env);
    return {
      value: module.value,
      errors: module.diagnostics.filter(({ severity }) => severity === 'error'),
      locate: module.locate,
      close: module.close,
    };
  }
  const text = readFileSync(resolve(io.cwd, file), 'utf8');
  // Files of router_check_tool may be a list at their top.
  const isList = /^\s*[[-]/.test(text) && !text.trimStart().startsWith('---');
  const yaml = readYaml(isList ? `tests:\n${text.trimStart().startsWith('[') ? '  ' : ''}${text}` : text);
  const shift = isList ? 1 : 0;
  return {
    value: yaml.value,
    errors: yaml.errors.map(({ column, line, message }) => ({
      severity: 'error',
      code: 'E1000',
      message,
      location: { file, line: line - shift, column },
    })),
    locate: async (paths) =>
      paths.map((path) => {
        const at = yaml.locate(path);
        return at === undefined ? undefined : { file, line: Math.max(1, at.line - shift), column: at.column };
      }),
    close: () => undefined,
  };
}

/** Never throws for what is in the file: that is in `errors`. @param file that exists, relative to the working directory */
export async function loadRouteTests(file: string, io: Io): Promise<RouteTestFile> {
  const loaded = await load(file, io);
  const { close, errors, locate, value } = loaded;
  if (value === undefined || errors.length > 0) return { file, tests: [], errors, locate, close };
  const { config, issues, tests } = readRouteTests(value);
  const places = await locate(issues.map(({ path }) => path));
  const described = issues.map(
    ({ message, path }, index): Diagnostic => ({
      severity: 'error',
      code: 'route-test',
      location: places[index] ?? { file, line: 1, column: 1 },
      message: path.length === 0 ? message : `${path.join('.')}: ${message}`,
    }),
  );
  const target = config === undefined ? undefined : relative(io.cwd, resolve(io.cwd, dirname(file), config));
  return {
    file,
    ...(target === undefined ? {} : { config: target }),
    tests,
    errors: described,
    locate,
    close,
  };
}
