/**
 * A configuration of Envoy's v2 API, or of the first years of v3, in YAML -> v3 as Envoy 1.40 takes it. Comments stay;
 * every rewrite is told with the place at which it was.
 */
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { isMap, isNode, isScalar, isSeq } from 'yaml';
import { table } from '../../dsl/api/generated/table.js';
import type { FieldModel } from '../../dsl/api/model/api-model.js';
import type { EditableYaml } from '../format-yaml/walk-messages.js';
import {
  keyOf,
  parseEditable,
  printEditable,
  snakeCase,
  walkMessages,
} from '../format-yaml/walk-messages.js';
import { MapEdit, nodeOf } from './map-edit.js';
import { migrationRules } from './migration-rules.js';
import { newerName, newerType, typeOfExtension } from './older-extensions.js';

/** One thing that was rewritten, or why nothing was. */
export interface Rewrite {
  /** One-based, in the text that was given. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The text for v3, and what was done. */
export interface MigratedYaml {
  readonly text: string;
  /** In the order of their places. */
  readonly rewrites: readonly Rewrite[];
  /** What is no YAML at all; then nothing was rewritten. */
  readonly errors: readonly Rewrite[];
}

const any = 'type.googleapis.com/';
const wrapper = /^google\.protobuf\.(?:Bool|String|Bytes|U?Int(?:32|64)|Float|Double)Value$/;

class Migration {
  readonly rewrites: Rewrite[] = [];
  readonly #lines: EditableYaml['lines'];
  /** Place of the innermost thing that was in the given text. */
  #last = 0;

  constructor(lines: EditableYaml['lines']) {
    this.#lines = lines;
  }

  run(document: Document.Parsed): void {
    walkMessages(document, { enter: (map, type) => this.#enter(map, type) });
  }

  #offsetOf(node: unknown): number | undefined {
    return isNode(node) ? (node as Node).range?.[0] : undefined;
  }

  #report(edit: MapEdit, field: string, message: string): void {
    const pair = edit.pair(field);
    const offset =
      this.#offsetOf(pair?.key) ?? this.#offsetOf(pair?.value) ?? this.#offsetOf(edit.map) ?? this.#last;
    this.#last = offset;
    const { col, line } = this.#lines.linePos(offset);
    this.rewrites.push({ line: Math.max(1, line), column: Math.max(1, col), message });
  }

  #enter(map: YAMLMap, declared: string): string | undefined {
    const edit = new MapEdit(map);
    const type = this.#retype(edit, declared);
    for (const rule of migrationRules[type] ?? []) {
      rule(edit, (field, message) => this.#report(edit, field, message));
    }
    this.#extension(edit, type);
    for (const field of table.messages[type]?.fields ?? []) this.#field(edit, field);
    return type;
  }

  /** `@type` of v2. */
  #retype(edit: MapEdit, declared: string): string {
    const newer = newerType(declared);
    if (newer === undefined || !edit.has('@type')) return declared;
    this.#report(edit, '@type', `${declared} is ${newer} now`);
    edit.set('@type', `${any}${newer}`);
    return newer;
  }

  /** `name` and `config` of what is an extension. */
  #extension(edit: MapEdit, type: string): void {
    const slot = table.messages[type]?.fields.find(({ name }) => name === 'typed_config');
    if (slot === undefined || !edit.has('name')) return;
    const category = slot.category ?? this.#categoryOf(type);
    const older = edit.text('name') ?? '';
    const name = newerName(older, category) ?? older;
    if (name !== older) {
      this.#report(edit, 'name', `${older} is ${name} now`);
      edit.set('name', name);
    }
    const payload = typeOfExtension(name, category) ?? typeOfExtension(name, '');
    if (payload === undefined) return;
    if (edit.has('config') && !edit.has('typed_config')) {
      this.#report(edit, 'config', `config is typed_config with the @type of ${payload} now`);
      const given = edit.get('config');
      const typed = nodeOf({ '@type': `${any}${payload}` }) as YAMLMap;
      if (isMap(given)) typed.items.push(...(given as YAMLMap).items.map((pair) => pair as never));
      edit.replace('config', 'typed_config', typed);
    } else if (!edit.has('typed_config') && !edit.has('config_discovery') && /Filter|AccessLog/.test(type)) {
      this.#report(edit, 'name', `${name} needs a typed_config`);
      edit.set('typed_config', { '@type': `${any}${payload}` });
    }
  }

  /** Where the field that holds the message has the category. */
  #categoryOf(type: string): string {
    for (const message of Object.values(table.messages)) {
      const holder = message.fields.find((field) => field.type === type && field.category !== undefined);
      if (holder?.category !== undefined) return holder.category;
    }
    return '';
  }

  #field(edit: MapEdit, field: FieldModel): void {
    const pair = edit.pair(field.name);
    if (pair === undefined) return;
    if (wrapper.test(field.type) && isMap(pair.value)) this.#wrapped(edit, field.name);
    if (field.type === 'google.protobuf.Duration' && isMap(pair.value)) this.#duration(edit, field.name);
    if (
      field.label === 'repeated' &&
      isScalar(pair.value) &&
      pair.value.value !== null &&
      !(field.type in table.messages)
    ) {
      this.#report(edit, field.name, `${field.name} is a list`);
      const value = pair.value;
      edit.set(field.name, []);
      const list = edit.get(field.name);
      if (isSeq(list)) list.items.push(value);
    }
    if (table.enums[field.type] !== undefined && isScalar(pair.value))
      this.#enumeration(edit, field, String(pair.value.value));
    if (field.label === 'map' && field.name === 'typed_per_filter_config') this.#perFilter(pair);
  }

  /** `{ value: true }`. */
  #wrapped(edit: MapEdit, name: string): void {
    const inside = edit.child(name);
    const value = inside?.get('value');
    if (!isScalar(value) || inside?.map.items.length !== 1) return;
    this.#report(edit, name, `${name} is the value itself now`);
    edit.set(name, value);
  }

  /** `{ seconds: 15 }`, which the loader of v2 took. */
  #duration(edit: MapEdit, name: string): void {
    const parts = edit.child(name);
    const seconds = parts?.text('seconds') ?? '0';
    const nanos = Number(parts?.text('nanos') ?? 0);
    if (!/^\d+$/.test(seconds) || !Number.isInteger(nanos)) return;
    const decimals = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
    this.#report(edit, name, `${name} is the text ${seconds}${decimals}s now`);
    edit.set(name, `${seconds}${decimals}s`);
  }

  #enumeration(edit: MapEdit, field: FieldModel, value: string): void {
    const { values } = table.enums[field.type] as { values: Readonly<Record<string, number>> };
    const upper = value.toUpperCase();
    if (value in values || !(upper in values)) return;
    this.#report(edit, field.name, `${value} is written ${upper}`);
    edit.set(field.name, upper);
  }

  /** Names of filters, and payloads without `@type`. */
  #perFilter(pair: Pair): void {
    if (!isMap(pair.value)) return;
    const edit = new MapEdit(pair.value as YAMLMap);
    for (const entry of [...edit.map.items] as Pair[]) {
      const older = keyOf(entry);
      const name = newerName(older, 'envoy.filters.http') ?? older;
      if (name !== older) {
        this.#report(edit, snakeCase(older), `${older} is ${name} now`);
        edit.rename(snakeCase(older), name);
      }
      const found = table.extensions.find(
        (one) => one.name === name && one.category === 'envoy.filters.http',
      );
      const payload = found?.types.find((type) => /PerRoute$|Route$/.test(type)) ?? found?.types[0];
      if (payload === undefined || !isMap(entry.value) || new MapEdit(entry.value as YAMLMap).has('@type'))
        continue;
      const typed = nodeOf({ '@type': `${any}${payload}` }) as YAMLMap;
      typed.items.push(...(entry.value as YAMLMap).items.map((one) => one as never));
      this.#report(edit, name, `${name} needs the @type of ${payload}`);
      entry.value = typed;
    }
  }
}

/** Never throws. */
export function migrateYaml(text: string): MigratedYaml {
  const { documents, errors, lines } = parseEditable(text);
  if (errors.length > 0) return { text, rewrites: [], errors };
  const migration = new Migration(lines);
  for (const document of documents) migration.run(document);
  const rewrites = [...migration.rewrites].sort((a, b) => a.line - b.line || a.column - b.column);
  if (rewrites.length === 0) return { text, rewrites, errors: [] };
  try {
    return { text: printEditable(documents), rewrites, errors: [] };
  } catch (error) {
    // An anchor went with what was replaced.
    const message = `${(error as Error).message}; write the value out first`;
    return { text, rewrites: [], errors: [{ line: 1, column: 1, message }] };
  }
}
