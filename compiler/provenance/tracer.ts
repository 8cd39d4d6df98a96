/**
 * Inside the second evaluation: remembers at which site each object was made, and answers where the value at a path comes
 * from.
 */
import { readFileSync } from 'node:fs';
import type { Path, PathStep } from '../../dsl/api/index.js';
import type { Origin, Site, Trace } from '../evaluate/messages.js';

interface Record_ {
  readonly site: Site;
  /** Operands of spreads, in order. */
  readonly spreads: object[];
}

export interface Tracer {
  /** What the instrumented text calls. */
  readonly hooks: object;
  /** @param root the default export. undefined when nothing on the way to the path was made by a literal or a call */
  locate(root: unknown, path: Path): Trace | undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

interface Place {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

function contains(outer: Place, inner: Place): boolean {
  return outer.file === inner.file && outer.start <= inner.start && inner.end <= outer.end;
}

/** The last place of a way is the origin; of the others those are told that do not simply surround the next one. */
function traceOf(way: readonly Place[]): Trace | undefined {
  const places = [...way].reverse();
  const [first] = places;
  if (first === undefined) return undefined;
  const told: Place[] = [first];
  for (const place of places) {
    if (!told.some((inner) => contains(place, inner) || contains(inner, place))) told.push(place);
  }
  const [origin, ...through] = told.map(({ file, start, end }) => originOf(file, start, end));
  return origin === undefined ? undefined : { origin, through };
}

const texts = new Map<string, string>();

function textOf(file: string): string {
  let text = texts.get(file);
  if (text === undefined) {
    text = readFileSync(file, 'utf8');
    texts.set(file, text);
  }
  return text;
}

function originOf(file: string, start: number, end: number): Origin {
  const text = textOf(file);
  const before = text.slice(0, start);
  const line = before.split('\n').length;
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineEnd = text.indexOf('\n', start);
  const stop = Math.min(end, lineEnd === -1 ? text.length : lineEnd);
  return { file, line, column: start - lineStart + 1, length: Math.max(1, stop - start) };
}

/**
 * A text that a helper put into its object stands as it is in the call: the place of that literal, when there is only one.
 * @param value the text, or the name of the field
 */
function narrowed(place: Place, value: unknown): Place {
  if (typeof value !== 'string' || value.length < 2) return place;
  const text = textOf(place.file).slice(place.start, place.end);
  for (const literal of [`'${value}'`, `"${value}"`, `\`${value}\``]) {
    const at = text.indexOf(literal);
    if (at < 0 || text.includes(literal, at + 1)) continue;
    const start = place.start + at;
    return { file: place.file, start, end: start + literal.length };
  }
  return place;
}

export function createTracer(sites: readonly Site[]): Tracer {
  const made = new WeakMap<object, Record_>();
  /** Where a function was called that returned the object; made by that function's own module. */
  const calls = new WeakMap<object, Site>();
  const open: Record_[] = [];

  const hooks = {
    begin(id: number): void {
      open.push({ site: sites[id] as Site, spreads: [] });
    },
    spread<T>(value: T): T {
      if (isObject(value)) open.at(-1)?.spreads.push(value);
      return value;
    },
    made<T extends object>(_begun: undefined, value: T): T {
      const record = open.pop();
      if (record !== undefined) made.set(value, record);
      return value;
    },
    called<T>(id: number, value: T): T {
      if (isObject(value) && !calls.has(value)) calls.set(value, sites[id] as Site);
      return value;
    },
  };

  /** The member of the object, or of what was spread into it; the last writer wins, which is checked by identity. */
  function memberOf(
    object: object,
    key: string,
    value: unknown,
  ): { site: Site; range: readonly [number, number] } | undefined {
    const record = made.get(object);
    if (record === undefined) return undefined;
    const own = record.site.members[key];
    for (const spread of [...record.spreads].reverse()) {
      if (own === undefined && key in spread && Object.is((spread as Record<string, unknown>)[key], value)) {
        const inner = memberOf(spread, key, value);
        if (inner !== undefined) return inner;
      }
    }
    // An element of a list that was spread: found by identity in the lists.
    if (own === undefined && Array.isArray(object)) {
      for (const spread of record.spreads) {
        const index = Array.isArray(spread) ? spread.indexOf(value) : -1;
        if (index >= 0) return memberOf(spread, String(index), value);
      }
    }
    return own === undefined ? undefined : { site: record.site, range: own };
  }

  function stepInto(
    object: Record<string, unknown>,
    step: PathStep,
  ): { key: string; value: unknown } | undefined {
    const camel = String(step).replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
    for (const key of [String(step), camel]) if (key in object) return { key, value: object[key] };
    return undefined;
  }

  function locate(root: unknown, path: Path): Trace | undefined {
    let value: unknown = root;
    const way: Place[] = [];
    const note = ({ file }: Site, [start, end]: readonly [number, number]): void => {
      way.push({ file, start, end });
    };
    const noteObject = (object: object): void => {
      const record = made.get(object);
      const call = calls.get(object);
      if (call !== undefined) note(call, [call.start, call.end]);
      if (record !== undefined) note(record.site, [record.site.start, record.site.end]);
    };
    if (isObject(root)) noteObject(root);
    let written = false;
    for (const step of path) {
      if (!isObject(value)) break;
      // One element where a list is expected: the canonical path has an index, the value has no list.
      if (typeof step === 'number' && !Array.isArray(value)) continue;
      const next = stepInto(value, step);
      if (next === undefined) break;
      const member = memberOf(value, next.key, next.value);
      if (isObject(next.value)) noteObject(next.value);
      written = member !== undefined;
      if (member !== undefined) note(member.site, member.range);
      value = next.value;
    }
    const last = way.at(-1);
    if (!written && last !== undefined) way[way.length - 1] = narrowed(last, value);
    return traceOf(way);
  }

  return { hooks, locate };
}
