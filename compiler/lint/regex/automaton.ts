/**
 * Non-deterministic automata of regular languages, the question whether one language lies inside another, and a shortest
 * text of one.
 */
import type { Range, Regex } from './parse-regex.js';
import { stepsOf } from './regex-size.js';

interface State {
  /** Reads a character of the ranges and goes on. */
  readonly edges: { readonly ranges: readonly Range[]; readonly to: number }[];
  /** Goes on without reading. */
  readonly free: number[];
}

export interface Automaton {
  readonly states: readonly State[];
  readonly start: number;
  readonly end: number;
}

/** Largest expression that is built; above, a question about it has no answer. */
const maxSteps = 2000;
/** Most pairs of state sets that a comparison looks at. */
const maxPairs = 5000;

/** undefined when it would be too large. */
export function automatonOf(regex: Regex): Automaton | undefined {
  if (stepsOf(regex) > maxSteps) return undefined;
  const states: State[] = [];
  const add = (): number => states.push({ edges: [], free: [] }) - 1;
  const free = (from: number, to: number): void => void states[from]?.free.push(to);
  /** Builds the part behind a state and gives the state that it ends in. */
  const build = (part: Regex, from: number): number => {
    switch (part.kind) {
      case 'set': {
        const to = add();
        states[from]?.edges.push({ ranges: part.ranges, to });
        return to;
      }
      case 'sequence':
        return part.parts.reduce((at, one) => build(one, at), from);
      case 'choice': {
        const ends = part.parts.map((one) => {
          const begin = add();
          free(from, begin);
          return build(one, begin);
        });
        const to = add();
        for (const one of ends) free(one, to);
        return to;
      }
      case 'repeat': {
        let at = from;
        for (let count = 0; count < part.min; count++) at = build(part.part, at);
        const to = add();
        if (part.max === undefined) {
          const loop = add();
          free(at, loop);
          free(build(part.part, loop), loop);
          free(loop, to);
        } else {
          free(at, to);
          for (let count = part.min; count < part.max; count++) {
            at = build(part.part, at);
            free(at, to);
          }
        }
        return to;
      }
    }
  };
  const start = add();
  const end = build(regex, start);
  return { states, start, end };
}

/** States that are reached without reading, sorted. */
function closure({ states }: Automaton, from: Iterable<number>): number[] {
  const seen = new Set(from);
  for (const state of seen) for (const next of states[state]?.free ?? []) seen.add(next);
  return [...seen].sort((a, b) => a - b);
}

function step(automaton: Automaton, from: readonly number[], code: number): number[] {
  const next = new Set<number>();
  for (const state of from) {
    for (const { ranges, to } of automaton.states[state]?.edges ?? []) {
      if (ranges.some(([low, high]) => low <= code && code <= high)) next.add(to);
    }
  }
  return closure(automaton, next);
}

/** What occurs in the texts that are compared. */
export interface Universe {
  /** Characters, as ranges. */
  readonly alphabet: readonly Range[];
  /** What every text begins with; one character. */
  readonly first: number;
}

/** Of every class of characters that the automata do not tell apart, one; readable ones are preferred. */
function representatives(automata: readonly Automaton[], universe: Universe): number[] {
  const cuts = new Set<number>();
  const note = (ranges: readonly Range[]): void => {
    for (const [low, high] of ranges) cuts.add(low).add(high + 1);
  };
  note(universe.alphabet);
  for (const { states } of automata)
    for (const { edges } of states) for (const { ranges } of edges) note(ranges);
  const sorted = [...cuts].sort((a, b) => a - b);
  const inside = (code: number): boolean =>
    universe.alphabet.some(([low, high]) => low <= code && code <= high);
  return sorted.flatMap((low, index) => {
    const high = (sorted[index + 1] ?? low + 1) - 1;
    if (!inside(low)) return [];
    // 'a' and '0' read better than the first character of a class.
    const readable = [97, 48].find((code) => low <= code && code <= high);
    return [readable ?? low];
  });
}

/**
 * Whether every text of the universe in `small` is in `big` too.
 * @returns undefined when the question takes too long
 */
export function isInside(small: Automaton, big: Automaton, universe: Universe): boolean | undefined {
  const codes = representatives([small, big], universe);
  const begin = [small, big].map((one) => step(one, closure(one, [one.start]), universe.first)) as [
    number[],
    number[],
  ];
  const queue = [begin];
  const seen = new Set([begin.join('|')]);
  for (const [inSmall, inBig] of queue) {
    if (inSmall.includes(small.end) && !inBig.includes(big.end)) return false;
    for (const code of codes) {
      const next = step(small, inSmall, code);
      if (next.length === 0) continue;
      const pair: [number[], number[]] = [next, step(big, inBig, code)];
      const key = pair.join('|');
      if (seen.has(key)) continue;
      if (seen.size >= maxPairs) return undefined;
      seen.add(key);
      queue.push(pair);
    }
  }
  return true;
}

/** A shortest text of the language in the universe; undefined when there is none, or none is found soon. */
export function shortest(automaton: Automaton, universe: Universe): string | undefined {
  const codes = representatives([automaton], universe);
  const first = String.fromCodePoint(universe.first);
  const queue = [{ at: step(automaton, closure(automaton, [automaton.start]), universe.first), text: first }];
  const seen = new Set([queue[0]?.at.join()]);
  for (const { at, text } of queue) {
    if (at.includes(automaton.end)) return text;
    for (const code of codes) {
      const next = step(automaton, at, code);
      const key = next.join();
      if (next.length === 0 || seen.has(key)) continue;
      if (seen.size >= maxPairs) return undefined;
      seen.add(key);
      queue.push({ at: next, text: text + String.fromCodePoint(code) });
    }
  }
  return undefined;
}
