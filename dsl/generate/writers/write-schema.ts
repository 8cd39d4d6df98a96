/**
 * `ApiModel` -> `generated/bootstrap.schema.json`: a JSON Schema (draft 2020-12) for editors of plain YAML. It knows
 * names, kinds, enums, and by its `@type` what stands in a `typed_config`; the full verdict is `envoy3 check`'s.
 */
import type { ApiModel, FieldModel } from '../../api/model/api-model.js';
import type { FieldDocs } from '../sources/field-docs.js';

type Schema = Record<string, unknown>;

const wellKnown: Readonly<Record<string, Schema>> = {
  'google.protobuf.Any': { type: 'object', required: ['@type'], properties: { '@type': { type: 'string' } } },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  'google.protobuf.Timestamp': { type: 'string' },
  'google.protobuf.FieldMask': { type: 'string' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.ListValue': { type: 'array' },
  'google.protobuf.Empty': { type: 'object', maxProperties: 0 },
  'google.protobuf.NullValue': { type: 'null' },
};

const numbers: Schema = { type: ['number', 'string'] };

function scalar(type: string): Schema {
  if (type === 'bool') return { type: 'boolean' };
  return type === 'string' || type === 'bytes' ? { type: 'string' } : numbers;
}

/** Slots of one category share a definition. */
function slotName(categories: string): string {
  return `slot ${categories}`;
}

function valueSchema(model: ApiModel, field: FieldModel): Schema {
  if (field.type === 'google.protobuf.Any' && field.category !== undefined) {
    return { $ref: `#/$defs/${encodeURIComponent(slotName(field.category))}` };
  }
  const known = wellKnown[field.type];
  if (known !== undefined) return known;
  const wrapper = /^google\.protobuf\.(Bool|String|Bytes|U?Int(?:32|64)|Float|Double)Value$/.exec(
    field.type,
  )?.[1];
  if (wrapper !== undefined) return scalar(wrapper.toLowerCase());
  const values = model.enums[field.type]?.values;
  if (values !== undefined) return { anyOf: [{ enum: Object.keys(values) }, { type: 'integer' }] };
  if (model.messages[field.type] !== undefined) return { $ref: `#/$defs/${field.type}` };
  return scalar(field.type);
}

function fieldSchema(model: ApiModel, field: FieldModel): Schema {
  const value = valueSchema(model, field);
  const deprecated = field.deprecated === undefined ? {} : { deprecated: true };
  if (field.label === 'map') return { type: 'object', additionalProperties: value, ...deprecated };
  if (field.label === 'repeated') return { type: 'array', items: value, ...deprecated };
  return { ...value, ...deprecated };
}

/** Messages that fit a slot; of envelopes and the like nothing more is known than that they fit. */
function typesOf(model: ApiModel, categories: string): string[] {
  const names = new Set(categories.split(','));
  const types = model.extensions.filter(({ category }) => names.has(category)).flatMap((one) => one.types);
  return [...new Set(types)].filter((type) => model.messages[type] !== undefined).sort();
}

const others = ['xds.type.v3.TypedStruct', 'udpa.type.v1.TypedStruct', 'envoy.config.route.v3.FilterConfig'];
const url = (type: string): string => `type.googleapis.com/${type}`;

/** The `@type` chooses the message: a chain of conditions, as editors complete them. */
function slotSchema(types: readonly string[]): Schema {
  return {
    type: 'object',
    required: ['@type'],
    properties: { '@type': { enum: [...types, ...others].map(url) } },
    allOf: types.map((type) => ({
      if: { properties: { '@type': { const: url(type) } }, required: ['@type'] },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word
      then: { $ref: `#/$defs/${type}` },
    })),
  };
}

/** @param docs texts that editors show */
export function writeSchema(model: ApiModel, docs: FieldDocs = new Map()): string {
  const definitions: Record<string, Schema> = {};
  const visitSlot = (categories: string): void => {
    const name = slotName(categories);
    if (definitions[name] !== undefined) return;
    const types = typesOf(model, categories);
    definitions[name] = types.length === 0 ? (wellKnown['google.protobuf.Any'] ?? {}) : slotSchema(types);
    for (const type of types) visit(type);
  };
  const visit = (name: string): void => {
    const message = model.messages[name];
    if (message === undefined || definitions[name] !== undefined || wellKnown[name] !== undefined) return;
    // As the payload of a slot it says its type.
    const properties: Record<string, Schema> = { '@type': { type: 'string' } };
    definitions[name] = { type: 'object', additionalProperties: false, properties };
    for (const field of message.fields) {
      const description = docs.get(`${name}.${field.name}`);
      properties[field.name] = {
        ...fieldSchema(model, field),
        ...(description === undefined ? {} : { description }),
      };
      if (field.type === 'google.protobuf.Any' && field.category !== undefined) visitSlot(field.category);
      visit(field.type);
    }
  };
  visit('envoy.config.bootstrap.v3.Bootstrap');
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Envoy ${model.release} bootstrap`,
    $ref: '#/$defs/envoy.config.bootstrap.v3.Bootstrap',
    $defs: definitions,
  };
  return `${JSON.stringify(schema)}\n`;
}
