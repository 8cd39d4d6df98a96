/**
 * YAML in one form: fields in the order of the API, two spaces a level, comments kept. Scalars stay as they are written.
 * The content never changes: what is written is read again and compared.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Node, Pair, YAMLMap } from 'yaml';
import { isNode } from 'yaml';
import { readYaml } from '../../dsl/api/index.js';
import { fieldOrder } from '../emit/field-order.js';
import { keyOf, parseEditable, printEditable, snakeCase, walkMessages } from './walk-messages.js';

/** Why a text is no YAML, one-based. */
export interface FormatYamlError {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** The text in its form, or why it has none. */
export type FormattedYaml = { readonly text: string } | { readonly errors: readonly FormatYamlError[] };

/** A comment above the first field belongs to that field, and goes with it. */
function pinComment(map: YAMLMap): void {
  const [first] = map.items;
  const key = first?.key;
  if (map.commentBefore === undefined || map.commentBefore === null || !isNode(key)) return;
  const own = (key as Node).commentBefore;
  (key as Node).commentBefore =
    own === undefined || own === null ? map.commentBefore : `${map.commentBefore}\n${own}`;
  map.commentBefore = undefined;
}

function reorder(map: YAMLMap, type: string): void {
  const order = fieldOrder(type);
  const ranked = map.items.map((pair, index) => {
    const key = keyOf(pair as Pair);
    const rank = key === '@type' ? -1 : (order?.get(snakeCase(key))?.rank ?? Number.MAX_SAFE_INTEGER);
    return { pair, rank, index };
  });
  if (order === undefined || ranked.every(({ rank }, at) => at === 0 || rank >= (ranked[at - 1]?.rank ?? 0)))
    return;
  pinComment(map);
  ranked.sort((a, b) => a.rank - b.rank || a.index - b.index);
  map.items = ranked.map(({ pair }) => pair);
  const [first] = map.items;
  // No empty line before the first field.
  if (isNode(first?.key)) (first.key as Node).spaceBefore = false;
}

/** undefined when an alias would come before its anchor. */
function attempt(text: string, withOrder: boolean): string | undefined {
  const { documents } = parseEditable(text);
  for (const document of documents) {
    if (withOrder) {
      walkMessages(document, {
        enter(map, type) {
          reorder(map, type);
          return undefined;
        },
      });
    }
  }
  try {
    return printEditable(documents);
  } catch {
    return undefined;
  }
}

function formatJson(text: string): string | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return `${JSON.stringify(value, null, 2)}\n`;
  } catch {
    return undefined;
  }
}

/** @param text YAML, or JSON, which stays JSON (in the order that it has) */
export function formatYaml(text: string): FormattedYaml {
  const before = readYaml(text);
  if (before.errors.length > 0) return { errors: before.errors };
  const json = /^\s*\{/.test(text) ? formatJson(text) : undefined;
  if (json !== undefined) {
    // A number of more digits than JavaScript has would change.
    return { text: isDeepStrictEqual(readYaml(json).value, before.value) ? json : text };
  }
  // Anchors must stand before their aliases, so not every order will do.
  for (const withOrder of [true, false]) {
    const written = attempt(text, withOrder);
    if (written === undefined) continue;
    const after = readYaml(written);
    if (after.errors.length === 0 && isDeepStrictEqual(after.value, before.value)) return { text: written };
  }
  return { text };
}
