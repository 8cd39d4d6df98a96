/**
 * What expressions of a configuration module have become: for each place in the sources the values of the bootstrap that
 * were made there. Costs an instrumented evaluation; kept by the caller until a source changes.
 */
import { resolve } from 'node:path';
import type { Path } from '../../dsl/api/index.js';
import type { SourceLocation } from '../diagnostics/diagnostic.js';
import { evaluateModule } from '../evaluate-module.js';
import { pathText } from '../path-text.js';

export interface CompiledValue {
  /** `static_resources.clusters[0].name`. */
  readonly path: string;
  readonly value: unknown;
}

export interface CompiledValues {
  /** The values made at a place, those of the smallest expression around it. One-based line and column. */
  at(file: string, line: number, column: number): readonly CompiledValue[];
}

/** Values beyond this number are left out: nobody hovers over them all. */
const maxValues = 20_000;

function* walk(value: unknown, path: Path): Generator<{ readonly path: Path; readonly value: unknown }> {
  if (path.length > 0) yield { path, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    yield* walk(member, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

interface Placed extends CompiledValue {
  readonly location: SourceLocation;
}

function covers({ location }: Placed, line: number, column: number): boolean {
  const end = location.column + (location.length ?? 1);
  return location.line === line && location.column <= column && column < end;
}

/** @param entry relative to `cwd`. undefined when the module does not compile */
export async function compiledValues(
  entry: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CompiledValues | undefined> {
  const module = await evaluateModule(entry, cwd, env);
  try {
    if (module.value === undefined) return undefined;
    const all: { readonly path: Path; readonly value: unknown }[] = [];
    for (const one of walk(module.value, [])) {
      if (all.push(one) >= maxValues) break;
    }
    const places = await module.locate(all.map(({ path }) => path));
    const byFile = new Map<string, Placed[]>();
    for (const [index, { path, value }] of all.entries()) {
      const location = places[index];
      if (location === undefined) continue;
      const file = resolve(cwd, location.file);
      const list = byFile.get(file) ?? [];
      list.push({ path: pathText(path), value, location });
      byFile.set(file, list);
    }
    return {
      at(file, line, column) {
        const found = (byFile.get(file) ?? []).filter((one) => covers(one, line, column));
        const smallest = Math.min(...found.map(({ location }) => location.length ?? 1));
        return found.filter(({ location }) => (location.length ?? 1) === smallest);
      },
    };
  } finally {
    module.close();
  }
}
