/**
 * Which `@type` fits which slot: the table of extensions that the Envoy release links.
 */
import type { ApiModel } from '../model/api-model.js';

/** Envelopes that name the real type inside (`type_url`). */
export const envelopes: ReadonlySet<string> = new Set([
  'xds.type.v3.TypedStruct',
  'udpa.type.v1.TypedStruct',
]);

/** `type.googleapis.com/a.B` -> `a.B`; `''` for what is no text. */
export function messageNameOf(url: unknown): string {
  return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : '';
}

/** The message that a payload is of: of an envelope, the one inside. */
export function payloadType(payload: Readonly<Record<string, unknown>>): string {
  const name = messageNameOf(payload['@type']);
  return envelopes.has(name) ? messageNameOf(payload.type_url) : name;
}

export class ExtensionTable {
  readonly #types = new Map<string, Set<string>>();
  /** Category -> name -> the first of its types. */
  readonly #names = new Map<string, Map<string, string | undefined>>();

  constructor(model: ApiModel) {
    for (const { category, name, types } of model.extensions) {
      const names = this.#names.get(category) ?? new Map<string, string | undefined>();
      this.#names.set(category, names.set(name, types[0]));
      const set = this.#types.get(category) ?? new Set();
      for (const type of types) set.add(type);
      this.#types.set(category, set);
    }
  }

  /** @param categories joined by commas. A category without any extension fits nothing. */
  fits(categories: string, type: string): boolean {
    return categories.split(',').some((category) => this.#types.get(category)?.has(type) === true);
  }

  /** Whether an extension of one of the categories has the name. */
  hasName(categories: string, name: unknown): boolean {
    return categories.split(',').some((category) => this.#names.get(category)?.has(String(name)) === true);
  }

  /** The message that configures the extension of that name. */
  typeOfName(categories: string, name: string): string | undefined {
    for (const category of categories.split(',')) {
      const type = this.#names.get(category)?.get(name);
      if (type !== undefined) return type;
    }
    return undefined;
  }

  /** Full names of all types that fit, sorted. */
  typesOf(categories: string): string[] {
    const all = categories.split(',').flatMap((category) => [...(this.#types.get(category) ?? [])]);
    return [...new Set(all)].sort();
  }
}
