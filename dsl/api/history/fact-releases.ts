/**
 * Which releases have a message, a field, an enum value, an extension: for the words of a diagnostic.
 */
import type { ApiHistory, Holding } from '../model/api-history.js';
import type { ApiModel } from '../model/api-model.js';
import { minorOf } from './release-order.js';

/** By their first two numbers. */
export interface Span {
  /** The first release that is known to have it. */
  readonly since: string;
  /** The last one; undefined when the newest has it. */
  readonly until?: string;
}

export class FactReleases {
  readonly #newest: ApiModel;
  readonly #history: ApiHistory;

  constructor(newest: ApiModel, history: ApiHistory) {
    this.#newest = newest;
    this.#history = history;
  }

  #span(held: Holding): Span | undefined {
    const { releases } = this.#history;
    const [first, last] = [releases[held[0] ?? -1], releases[held.at(-1) ?? -1]];
    if (first === undefined || last === undefined) return undefined;
    return { since: minorOf(first), ...(last === releases.at(-1) ? {} : { until: minorOf(last) }) };
  }

  #all(): number[] {
    return this.#history.releases.map((_release, index) => index);
  }

  /** undefined: no release that is known has it. */
  ofMessage(name: string): Span | undefined {
    const history = this.#history.messages[name];
    if (history === undefined && this.#newest.messages[name] === undefined) return undefined;
    return this.#span(history?.in ?? this.#all());
  }

  /** Of a field in whatever form. */
  ofField(message: string, field: string): Span | undefined {
    const history = this.#history.messages[message];
    const isNewest = this.#newest.messages[message]?.fields.some(({ name }) => name === field) === true;
    const older = history?.older.filter(({ fact }) => fact.name === field).flatMap((form) => form.in) ?? [];
    const newest = isNewest ? (history?.members[field] ?? history?.in ?? this.#all()) : [];
    return this.#span([...new Set([...older, ...newest])].sort((a, b) => a - b));
  }

  /** Of a field in the form of the newest release. */
  ofForm(message: string, field: string): Span | undefined {
    const history = this.#history.messages[message];
    return this.#span(history?.members[field] ?? history?.in ?? this.#all());
  }

  /** Of a value of an enum. */
  ofValue(type: string, value: string): Span | undefined {
    const history = this.#history.enums[type];
    const name = value.toUpperCase();
    const known = (one: string): boolean => one.toUpperCase() === name;
    const current = Object.keys(this.#newest.enums[type]?.values ?? {}).find(known);
    const older = history?.older.filter(({ fact }) => known(fact.name)).flatMap((form) => form.in) ?? [];
    const newest = current === undefined ? [] : (history?.members[current] ?? history?.in ?? this.#all());
    return this.#span([...new Set([...older, ...newest])].sort((a, b) => a - b));
  }

  /** Of an extension of one of the categories (joined by commas) that takes the message. */
  ofExtension(categories: string, type: string): Span | undefined {
    const wanted = new Set(categories.split(','));
    const fits = (one: { readonly category: string; readonly types: readonly string[] }): boolean =>
      wanted.has(one.category) && one.types.includes(type);
    const differing = this.#history.extensions.filter(({ fact }) => fits(fact));
    // What differs has a line for each form; one that never changed has none.
    if (differing.length > 0) {
      const held = [...new Set(differing.flatMap((form) => form.in))].sort((a, b) => a - b);
      return this.#span(held);
    }
    return this.#newest.extensions.some(fits) ? this.#span(this.#all()) : undefined;
  }
}
