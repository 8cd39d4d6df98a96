/**
 * Reads objects as Go's JSON decoder does for Consul: names of fields without regard to case, some in snake_case as
 * well, null as absent, and anything unknown refused.
 */
import { parseGoDuration } from './go-duration.js';

export type DefinitionPath = readonly (string | number)[];

/** What is wrong with a definition, and where in it. */
export class DefinitionError extends Error {
  readonly path: DefinitionPath;
  /** HTTP status that the API refuses it with. */
  readonly status: number;

  constructor(message: string, path: DefinitionPath, status = 400) {
    super(message);
    this.name = 'DefinitionError';
    this.path = path;
    this.status = status;
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const maxNanoseconds = 2 ** 63;

/** One object, whose fields are taken one by one. */
export class DefinitionReader {
  readonly path: DefinitionPath;
  /** By canonical name: lower case, no underscores. */
  readonly #fields = new Map<string, { readonly value: unknown; readonly path: DefinitionPath }>();

  /**
   * @param allowed names of all fields that the object may have
   * @param refused fields that Consul has and this service does not, with the reason
   */
  constructor(
    value: unknown,
    path: DefinitionPath,
    allowed: readonly string[],
    refused: Readonly<Record<string, string>> = {},
  ) {
    this.path = path;
    if (value === null || value === undefined) return;
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw new DefinitionError(`json: cannot unmarshal ${kindOf(value)} into an object`, path);
    }
    const known = new Set(allowed.map(canonical));
    const reasons = new Map(Object.entries(refused).map(([name, reason]) => [canonical(name), reason]));
    for (const [key, field] of Object.entries(value)) {
      const name = canonical(key);
      const at = [...path, key];
      const reason = reasons.get(name);
      if (reason !== undefined && !isZero(field)) throw new DefinitionError(`${key}: ${reason}`, at);
      if (reason === undefined && !known.has(name)) {
        throw new DefinitionError(`json: unknown field "${key}"`, at);
      }
      if (field !== null) this.#fields.set(name, { value: field, path: at });
    }
  }

  /** Where a field is; the object itself when it is absent. */
  pathOf(name: string): DefinitionPath {
    return this.#fields.get(canonical(name))?.path ?? this.path;
  }

  has(name: string): boolean {
    return this.#fields.has(canonical(name));
  }

  raw(name: string): unknown {
    return this.#fields.get(canonical(name))?.value;
  }

  text(name: string): string {
    return this.#scalar(name, 'string', '') as string;
  }

  flag(name: string): boolean {
    return this.#scalar(name, 'boolean', false) as boolean;
  }

  integer(name: string, fallback: number): number {
    const value = this.#scalar(name, 'number', fallback) as number;
    if (!Number.isInteger(value)) throw this.#mismatch(name, `number ${value}`, 'int');
    return value;
  }

  /** Milliseconds. */
  duration(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'number') {
      // Nanoseconds in 64 bits: 292 years.
      if (!Number.isInteger(value) || Math.abs(value) > maxNanoseconds) {
        throw this.#mismatch(name, `number ${value}`, 'time.Duration');
      }
      return value / 1e6;
    }
    if (typeof value !== 'string') throw this.#mismatch(name, kindOf(value), 'duration');
    const ms = parseGoDuration(value);
    if (ms === undefined) throw new DefinitionError(`time: invalid duration "${value}"`, this.pathOf(name));
    return ms;
  }

  texts(name: string): string[] {
    const value = this.raw(name) ?? [];
    if (!Array.isArray(value)) throw this.#mismatch(name, kindOf(value), '[]string');
    for (const item of value) {
      if (typeof item !== 'string') throw this.#mismatch(name, kindOf(item), 'string');
    }
    return [...value];
  }

  /** Lists of texts by name, as HTTP headers are. */
  textLists(name: string): Record<string, string[]> {
    const found: Record<string, string[]> = {};
    for (const [key, value] of Object.entries(this.#map(name))) {
      const list = Array.isArray(value) ? value : [value];
      if (!list.every((item) => typeof item === 'string'))
        throw this.#mismatch(name, kindOf(value), '[]string');
      found[key] = list as string[];
    }
    return found;
  }

  /** Text values by name; the names keep their case. */
  textMap(name: string): Record<string, string> {
    const entries = Object.entries(this.#map(name));
    for (const [, value] of entries) {
      if (typeof value !== 'string') throw this.#mismatch(name, kindOf(value), 'string');
    }
    return Object.fromEntries(entries) as Record<string, string>;
  }

  /** Values by name, with their paths. */
  entries(name: string): readonly (readonly [key: string, value: unknown, path: DefinitionPath])[] {
    const path = this.pathOf(name);
    return Object.entries(this.#map(name)).map(([key, value]) => [key, value, [...path, key]] as const);
  }

  /** List entries, with their paths. */
  list(name: string): readonly (readonly [value: unknown, path: DefinitionPath])[] {
    const value = this.raw(name) ?? [];
    const path = this.pathOf(name);
    if (!Array.isArray(value)) throw this.#mismatch(name, kindOf(value), 'list');
    return value.map((item, index) => [item, [...path, index]] as const);
  }

  #map(name: string): Record<string, unknown> {
    const value = this.raw(name) ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw this.#mismatch(name, kindOf(value), 'map');
    return value as Record<string, unknown>;
  }

  #scalar(name: string, kind: 'string' | 'boolean' | 'number', fallback: unknown): unknown {
    const value = this.raw(name);
    if (value === undefined) return fallback;
    if (typeof value !== kind) throw this.#mismatch(name, kindOf(value), kind === 'number' ? 'int' : kind);
    return value;
  }

  #mismatch(name: string, found: string, wanted: string): DefinitionError {
    return new DefinitionError(
      `json: cannot unmarshal ${found} into field ${name} of type ${wanted}`,
      this.pathOf(name),
    );
  }
}

function canonical(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** Clients send fields that they do not use as zero values. */
function isZero(value: unknown): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value as object).length === 0;
}
