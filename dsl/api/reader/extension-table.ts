/**
 * Which `@type` fits which slot: the table of extensions that the Envoy release links.
 */
import type { ApiModel } from '../model/api-model.js';

/** Envelopes that name the real type inside (`type_url`). */
const envelopes: ReadonlySet<string> = new Set(['xds.type.v3.TypedStruct', 'udpa.type.v1.TypedStruct']);

export class ExtensionTable {
  readonly #types = new Map<string, Set<string>>();

  constructor(model: ApiModel) {
    for (const { category, types } of model.extensions) {
      const set = this.#types.get(category) ?? new Set();
      for (const type of types) set.add(type);
      this.#types.set(category, set);
    }
  }

  /** @param categories joined by commas. True also when nothing is known of the categories. */
  fits(categories: string, type: string): boolean {
    if (envelopes.has(type)) return true;
    const sets = categories.split(',').map((category) => this.#types.get(category));
    return sets.some((set) => set === undefined || set.has(type));
  }

  /** Full names of all types that fit, sorted. */
  typesOf(categories: string): string[] {
    const all = categories.split(',').flatMap((category) => [...(this.#types.get(category) ?? [])]);
    return [...new Set(all)].sort();
  }
}
