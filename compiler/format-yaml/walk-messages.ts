/**
 * Walks a YAML document along the API: every mapping that stands for a message, with the message's type. Shared by what
 * edits YAML that people wrote.
 */
import type { Document, Pair, Scalar, YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { fieldOrder } from '../emit/field-order.js';

/** All documents of a file with their comments. */
export interface EditableYaml {
  readonly documents: readonly Document.Parsed[];
  readonly lines: LineCounter;
  /** What is no YAML at all. */
  readonly errors: readonly { readonly message: string; readonly line: number; readonly column: number }[];
}

/** Scalars keep their spelling: nothing is taken for a number or a boolean. */
export function parseEditable(text: string): EditableYaml {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    schema: 'failsafe',
    uniqueKeys: false,
    merge: false,
    strict: false,
    prettyErrors: false,
    logLevel: 'silent',
    keepSourceTokens: false,
  }) as readonly Document.Parsed[];
  const errors = documents.flatMap(({ errors: found }) =>
    found.map(({ message, pos }) => {
      const { col, line } = lines.linePos(pos[0]);
      return { message, line, column: col };
    }),
  );
  return { documents, lines, errors };
}

/** All documents as one file. @throws when an alias has come before its anchor */
export function printEditable(documents: readonly Document.Parsed[]): string {
  const options = { lineWidth: 0, indent: 2, indentSeq: false, flowCollectionPadding: true } as const;
  const texts = documents.map((document) => document.toString(options));
  return texts.map((text, index) => (index === 0 || text.startsWith('---') ? text : `---\n${text}`)).join('');
}

/** Text of a key, `''` when it is none. */
export function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String((pair.key as Scalar).source ?? (pair.key as Scalar).value) : '';
}

/** `virtualHosts` -> `virtual_hosts`. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function textOf(value: unknown): string {
  return isScalar(value) ? String(value.value) : '';
}

/** The message that a mapping says it is, else the declared one. */
export function messageTypeOf(map: YAMLMap, declared: string): string {
  const url = map.items.find((pair) => keyOf(pair) === '@type');
  const text = url === undefined ? '' : textOf(url.value);
  return text === '' ? declared : text.slice(text.lastIndexOf('/') + 1);
}

/** What is done with each message. */
export interface MessageVisitor {
  /** @param type full proto name; `''` where the API does not tell. @returns the type after the visit */
  enter(map: YAMLMap, type: string): string | undefined;
}

function visit(node: unknown, declared: string, visitor: MessageVisitor): void {
  if (isSeq(node)) {
    for (const item of node.items) visit(item, declared, visitor);
    return;
  }
  if (!isMap(node)) return;
  const entered = visitor.enter(node, messageTypeOf(node, declared));
  const type = entered ?? messageTypeOf(node, declared);
  const order = fieldOrder(type);
  for (const pair of node.items) {
    const place = order?.get(snakeCase(keyOf(pair)));
    const inside = place?.type ?? '';
    if (place?.map === true && isMap(pair.value)) {
      for (const entry of pair.value.items) visit(entry.value, inside, visitor);
    } else visit(pair.value, inside, visitor);
  }
}

/** What a file of configuration is, by its fields. */
export function rootType(document: Document.Parsed): string {
  const root = document.contents;
  if (!isMap(root)) return '';
  const own = messageTypeOf(root, '');
  if (own !== '') return own;
  const keys = root.items.map((pair) => snakeCase(keyOf(pair as Pair)));
  if (keys.includes('virtual_hosts')) return 'envoy.config.route.v3.RouteConfiguration';
  if (keys.includes('resources') && !keys.includes('static_resources'))
    return 'envoy.service.discovery.v3.DiscoveryResponse';
  return 'envoy.config.bootstrap.v3.Bootstrap';
}

/** Outer messages before inner ones. */
export function walkMessages(document: Document.Parsed, visitor: MessageVisitor): void {
  visit(document.contents, rootType(document), visitor);
}
