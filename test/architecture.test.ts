/**
 * The import directions of ARCHITECTURE.md, read off the sources: allowed edges between the top folders, levels inside
 * the runtime, and no cycle between files (type-only imports aside: they are gone after compiling).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules') yield* sourceFiles(path);
    } else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) yield path;
  }
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found: Import[] = [];
  const pattern =
    /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|import\(\s*'([^']+)'\s*\)/gm;
  for (const match of text.matchAll(pattern)) {
    const specifier = match[2] ?? match[3] ?? '';
    if (!specifier.startsWith('.')) continue;
    const target = relative(root, resolve(root, dirname(file), specifier)).replaceAll('\\', '/');
    // A dynamic import is taken later, at run time: it cannot make an initialisation cycle.
    found.push({
      from: file,
      to: target.replace(/\.js$/, '.ts'),
      typeOnly: match[1] !== undefined || match[3] !== undefined,
    });
  }
  return found;
}

const files = ['dsl', 'compiler', 'runtime', 'cli'].flatMap((folder) => [...sourceFiles(folder)]);
const imports = files.filter((file) => !file.includes('/generated/')).flatMap(importsOf);

/** The part of the house that a file belongs to. */
function part(file: string): string {
  if (file.startsWith('dsl/api/')) return 'dsl/api';
  if (file.startsWith('dsl/generate/')) return 'dsl/generate';
  return file.split('/')[0] ?? '';
}

const allowed: Readonly<Record<string, readonly string[]>> = {
  'dsl/api': [],
  'dsl/generate': ['dsl/api'],
  dsl: ['dsl/api'],
  compiler: ['dsl', 'dsl/api'],
  runtime: ['dsl/api'],
  cli: ['dsl', 'dsl/api', 'compiler', 'runtime'],
};

/**
 * The one exception: what routes, in the compiler's route tests, is the runtime's own code, so that both say the same.
 * None of these files does I/O but for reading a body's file.
 */
const pureRuntime = [
  'runtime/route/',
  'runtime/common/header-list',
  'runtime/common/message-fields',
  'runtime/common/stream-info',
  'runtime/http/codec',
  'runtime/http/host-stripper',
  'runtime/http/path-normalizer',
  'runtime/http/request-sanitizer',
  'runtime/listener/filter-chain-match',
  'runtime/network/data-source',
  'runtime/network/filter',
];
const isRouteTest = ({ from, to }: Import): boolean =>
  from.startsWith('compiler/route-test/') && pureRuntime.some((name) => to.startsWith(name));

test('top folders import only in the allowed directions', () => {
  const wrong = imports.filter(
    (one) =>
      part(one.from) !== part(one.to) &&
      !allowed[part(one.from)]?.includes(part(one.to)) &&
      !isRouteTest(one),
  );
  assert.equal(
    wrong.map(({ from, to }) => `${from} -> ${to}`),
    [],
  );
});

/** Levels of the runtime, lowest first. A file may import its own folder and lower levels, as values. */
const levels: readonly (readonly string[])[] = [
  ['runtime/common/'],
  ['runtime/stats/', 'runtime/config/'],
  ['runtime/network/', 'runtime/route/', 'runtime/access-log/', 'runtime/tracing/'],
  ['runtime/http/', 'runtime/upstream/host/', 'runtime/listener/', 'runtime/rbac/'],
  ['runtime/upstream/load-balancing/', 'runtime/upstream/connection-pool/', 'runtime/upstream/outlier/'],
  ['runtime/upstream/health-checking/'],
  ['runtime/upstream/cluster/'],
  ['runtime/upstream/cluster-manager'],
  ['runtime/filters/', 'runtime/tracers/', 'runtime/admin/', 'runtime/discovery/'],
  ['runtime/extensions'],
  ['runtime/server/'],
  ['runtime/index'],
];

function level(file: string): number {
  return levels.findIndex((names) => names.some((name) => file.startsWith(name)));
}

test('the runtime imports go down the levels only', () => {
  const wrong = imports.filter(
    ({ from, to, typeOnly }) => !typeOnly && level(from) >= 0 && level(to) >= 0 && level(to) > level(from),
  );
  assert.equal(
    wrong.map(({ from, to }) => `${from} -> ${to}`),
    [],
  );
});

test('nothing of the runtime but its composition reaches discovery', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      from.startsWith('runtime/') &&
      !from.startsWith('runtime/discovery/') &&
      to.startsWith('runtime/discovery/'),
  );
  assert.equal(
    wrong.map(({ from, to }) => `${from} -> ${to}`),
    [],
  );
});

test('nobody imports the command', () => {
  assert.equal(
    imports.filter(({ from, to }) => part(from) !== 'cli' && part(to) === 'cli').map(({ from }) => from),
    [],
  );
});

test('there is no import cycle', () => {
  const edges = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
  }
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  assert.equal(cycles, []);
});

test.run();
