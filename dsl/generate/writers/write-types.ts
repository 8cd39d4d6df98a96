/**
 * `ApiModel` -> `generated/types.ts`: one type per message, unions for enums and for what fits a `typed_config` slot.
 * Members of a oneof exclude each other; fields that validation demands are not optional.
 */
import type { ApiModel, FieldModel, MessageModel } from '../../api/model/api-model.js';
import type { FieldDocs } from '../sources/field-docs.js';
import { scalarTypes, typeScriptName, wellKnownTypes } from './typescript-names.js';

const header = `// Generated from dsl/generate/facts by dsl/generate/main.ts. Not committed, not edited.

/** A duration in seconds with at most nine decimals, as ProtoJSON writes it: \`'0.25s'\`, \`'15s'\`. */
export type Duration = \`\${number}s\`;

/** A 64-bit number: as a number while it is exact (2^53), else as a string. */
export type Int64 = number | \`\${bigint}\`;

/** A typed_config of a slot whose extensions are not told apart by a category. */
export interface AnyPayload {
  readonly '@type': \`type.googleapis.com/\${string}\`;
  readonly [field: string]: unknown;
}

/** A message that says its own type, as in a typed_config. */
export type Typed<Name extends string, Message> = { readonly '@type': \`type.googleapis.com/\${Name}\` } & Message;

/** One of the fields, or none. */
export type OneOf<T> = ExactlyOne<T> | { readonly [K in keyof T]?: undefined };

/** One of the fields, and not none. */
export type ExactlyOne<T> = {
  [K in keyof T]: { readonly [P in K]: T[P] } & { readonly [P in Exclude<keyof T, K>]?: undefined };
}[keyof T];
`;

/** The well-known envelope that fits every slot (\`xds.type.v3.TypedStruct\` and its older name). */
const envelopes = ['xds.type.v3.TypedStruct', 'udpa.type.v1.TypedStruct'];

/** What settings of a filter for one route may be wrapped in. */
const perRouteEnvelope = "Typed<'envoy.config.route.v3.FilterConfig', envoy_config_route_v3_FilterConfig>";

/** The union type of a category; of several categories, joined by commas, the union of theirs. */
function categoryName(categories: string): string {
  return categories
    .split(',')
    .map((category) => `Extension_${typeScriptName(category)}`)
    .join(' | ');
}

/** True when validation refuses the absence of the field. */
function isRequired(field: FieldModel): boolean {
  const rules = field.rules ?? {};
  if (rules.ignore_empty === true || field.oneof !== undefined) return false;
  if (rules.required === true) return true;
  if (field.label !== undefined) return Number(rules.min_items ?? rules.min_pairs ?? 0) > 0;
  return field.type === 'string' && (Number(rules.min_len ?? 0) > 0 || Number(rules.min_bytes ?? 0) > 0);
}

class TypesWriter {
  readonly #model: ApiModel;
  readonly #categories: ReadonlyMap<string, readonly string[]>;
  readonly #docs: FieldDocs;

  constructor(model: ApiModel, docs: FieldDocs) {
    this.#model = model;
    this.#docs = docs;
    const categories = new Map<string, Set<string>>();
    for (const { category, types } of model.extensions) {
      const set = categories.get(category) ?? new Set();
      for (const type of types) if (model.messages[type] !== undefined) set.add(type);
      categories.set(category, set);
    }
    // Options for the protocol of a network filter are found by the filter's name: no category has them.
    const options = categories.get('envoy.upstream_options');
    for (const name of Object.keys(model.messages)) {
      if (/^envoy\.extensions\.filters\.network\..*\.v3\.\w+ProtocolOptions$/.test(name)) options?.add(name);
    }
    this.#categories = new Map([...categories].map(([name, types]) => [name, [...types].sort()]));
  }

  #valueType(field: FieldModel): string {
    const wellKnown = wellKnownTypes[field.type];
    const known = field.category?.split(',').every((category) => this.#categories.has(category)) === true;
    if (known && field.type === 'google.protobuf.Any') {
      const types = categoryName(field.category ?? '');
      return field.label === 'map' ? `${types} | ${perRouteEnvelope}` : types;
    }
    if (wellKnown !== undefined) return wellKnown;
    const scalar = scalarTypes[field.type];
    if (scalar !== undefined) return scalar;
    const name = typeScriptName(field.type);
    const slot = this.#model.messages[field.type]?.fields.find(
      (inner) => inner.name === 'typed_config' && inner.category === undefined,
    );
    if (!known || slot === undefined) return name;
    const mark = isRequired(slot) ? '' : '?';
    return `Omit<${name}, 'typed_config'> & { readonly typed_config${mark}: ${categoryName(field.category ?? '')} }`;
  }

  #fieldType(field: FieldModel): string {
    const value = this.#valueType(field);
    if (field.label === 'repeated') return `readonly ${/[ |&]/.test(value) ? `(${value})` : value}[]`;
    if (field.label === 'map') return `{ readonly [key: string]: ${value} }`;
    return value;
  }

  /** @param owner full name of the message */
  #line(owner: string, field: FieldModel, optional: boolean): string {
    const text = this.#docs.get(`${owner}.${field.name}`);
    const deprecated =
      field.deprecated === undefined
        ? undefined
        : `@deprecated ${field.deprecated === 'fatal' ? 'Envoy refuses it by default.' : 'Envoy accepts it with a warning.'}`;
    const doc = [text, deprecated].filter((part) => part !== undefined).join('\n   * ');
    const comment = doc === '' ? '' : `  /** ${doc} */\n`;
    return `${comment}  readonly ${field.name}${optional ? '?' : ''}: ${this.#fieldType(field)};\n`;
  }

  #documentation(name: string, message: MessageModel): string {
    const text = this.#docs.get(name);
    const head = text === undefined ? `\`${name}\`` : `\`${name}\`: ${text}`;
    if (!message.file.startsWith('envoy/')) return `/** ${head} */\n`;
    // Envoy's pages have an anchor per message: `envoy-v3-api-msg-config-cluster-v3-cluster`.
    const anchor = name.slice('envoy.'.length).replace(/[._]/g, '-').toLowerCase();
    const page = `https://www.envoyproxy.io/docs/envoy/v${this.#model.release}/api-v3/${message.file.slice('envoy/'.length)}`;
    return `/**\n * ${head}\n * @see {@link ${page}#envoy-v3-api-msg-${anchor}}\n */\n`;
  }

  message(name: string, message: MessageModel): string {
    const groups = new Map<string, FieldModel[]>();
    for (const field of message.fields) {
      if (field.oneof !== undefined) groups.set(field.oneof, [...(groups.get(field.oneof) ?? []), field]);
    }
    const exclusive = [...groups].filter(([, fields]) => fields.length > 1);
    const apart = new Set(exclusive.flatMap(([, fields]) => fields));
    const body = message.fields
      .filter((field) => !apart.has(field))
      .map((field) => {
        const alone = field.oneof !== undefined && message.requiredOneofs?.includes(field.oneof) === true;
        return this.#line(name, field, !(alone || isRequired(field)));
      })
      .join('');
    const id = typeScriptName(name);
    const doc = this.#documentation(name, message);
    if (exclusive.length === 0) return `${doc}export interface ${id} {\n${body}}\n`;
    const parts = exclusive.map(([oneof, fields]) => {
      const helper = message.requiredOneofs?.includes(oneof) === true ? 'ExactlyOne' : 'OneOf';
      return `${helper}<{\n${fields.map((field) => this.#line(name, field, false)).join('')}}>`;
    });
    return `${doc}export type ${id} = {\n${body}} & ${parts.join(' & ')};\n`;
  }

  text(): string {
    const out = [header];
    for (const [name, { values }] of Object.entries(this.#model.enums)) {
      if (wellKnownTypes[name] !== undefined) continue;
      const names = Object.keys(values).map((value) => `'${value}'`);
      out.push(`export type ${typeScriptName(name)} = ${names.join(' | ')};\n`);
    }
    for (const [name, message] of Object.entries(this.#model.messages)) {
      if (wellKnownTypes[name] === undefined) out.push(this.message(name, message));
    }
    for (const [category, types] of this.#categories) {
      const members = [...types, ...envelopes.filter((name) => this.#model.messages[name] !== undefined)]
        .filter((type) => wellKnownTypes[type] === undefined)
        .map((type) => `\n  | Typed<'${type}', ${typeScriptName(type)}>`);
      out.push(
        `/** What fits a slot of category \`${category}\`. */\nexport type ${categoryName(category)} =${members.join('')};\n`,
      );
    }
    return out.join('\n');
  }
}

/** @param docs texts for the comments */
export function writeTypes(model: ApiModel, docs: FieldDocs = new Map()): string {
  return new TypesWriter(model, docs).text();
}
