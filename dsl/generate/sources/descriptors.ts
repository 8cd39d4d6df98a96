/**
 * FileDescriptorProtos -> `ApiModel`. Only a maintainer's `api:update` and conformance come here.
 */
import {
  create,
  createFileRegistry,
  fromBinary,
  getExtension,
  hasExtension,
  toJson,
} from '@bufbuild/protobuf';
import type {
  DescEnum,
  DescField,
  DescMessage,
  FileRegistry,
  JsonObject,
  JsonValue,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import type {
  ApiModel,
  EnumModel,
  ExtensionModel,
  FieldModel,
  FieldRules,
  MessageModel,
  ScalarType,
} from '../../api/model/api-model.js';
import { slotCategories } from './slot-categories.js';

/** FieldDescriptorProto.Type by number. */
const scalarNames: Readonly<Record<number, ScalarType>> = {
  1: 'double',
  2: 'float',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  6: 'fixed64',
  7: 'fixed32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
  15: 'sfixed32',
  16: 'sfixed64',
  17: 'sint32',
  18: 'sint64',
};

function loadRegistry(files: ReadonlyMap<string, Buffer>): FileRegistry {
  const parsed = new Map<string, FileDescriptorProto>();
  for (const [name, bytes] of files) parsed.set(name, fromBinary(FileDescriptorProtoSchema, bytes));
  const sorted = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto): void => {
    if (sorted.has(file)) return;
    for (const dependency of file.dependency) {
      const found = parsed.get(dependency);
      if (found === undefined) throw new Error(`${file.name} imports ${dependency}, which is not in the set`);
      visit(found);
    }
    sorted.add(file);
  };
  for (const name of [...parsed.keys()].sort()) visit(parsed.get(name) as FileDescriptorProto);
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [...sorted] }));
}

const numericRule = /^(min|max)_(len|bytes|items|pairs)$|^len(_bytes)?$|^(const|lt|lte|gt|gte|in|not_in)$/;

function toNumber(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(toNumber);
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
}

/** `{string: {min_len: "1"}}` -> `{min_len: 1}`. */
function flattenRules(json: JsonObject): FieldRules {
  const out: Record<string, unknown> = {};
  for (const [kind, rules] of Object.entries(json)) {
    for (const [rule, value] of Object.entries(rules as JsonObject)) {
      if (rule === 'items' || rule === 'keys' || rule === 'values') {
        out[rule] = flattenRules(value as JsonObject);
      } else {
        const text = kind === 'string' && /^(const|in|not_in)$/.test(rule);
        out[rule] = numericRule.test(rule) && !text ? toNumber(value) : value;
      }
    }
  }
  return out;
}

/** Reads options that are declared by extensions (validate, envoy.annotations) out of one registry. */
function optionReader(registry: FileRegistry) {
  return (options: unknown, name: string): JsonValue | undefined => {
    const extension = registry.getExtension(name);
    const message = options as Parameters<typeof hasExtension>[0] | undefined;
    if (extension === undefined || message === undefined || !hasExtension(message, extension))
      return undefined;
    const value = getExtension(message, extension) as unknown;
    return extension.message === undefined
      ? (value as JsonValue)
      : toJson(extension.message, value as Parameters<typeof toJson>[1], {
          registry,
          useProtoFieldName: true,
        });
  };
}

type Option = ReturnType<typeof optionReader>;

function readField(field: DescField, option: Option, category: string | undefined): FieldModel {
  const map = field.fieldKind === 'map';
  const reference = field.message?.typeName ?? field.enum?.typeName;
  const scalar = map ? field.scalar : field.proto.type;
  const rules = option(field.proto.options, 'validate.rules');
  const flattened = rules === undefined ? {} : flattenRules(rules as JsonObject);
  return {
    name: field.name,
    number: field.number,
    type: reference ?? scalarNames[scalar ?? 0] ?? 'bytes',
    ...(map ? { label: 'map' as const, key: scalarNames[field.mapKey] } : {}),
    ...(field.fieldKind === 'list' ? { label: 'repeated' as const } : {}),
    ...(field.oneof === undefined ? {} : { oneof: field.oneof.name }),
    ...(option(field.proto.options, 'envoy.annotations.disallowed_by_default') === true
      ? { deprecated: 'fatal' as const }
      : field.proto.options?.deprecated === true
        ? { deprecated: 'deprecated' as const }
        : {}),
    ...(category === undefined ? {} : { category }),
    ...(Object.keys(flattened).length === 0 ? {} : { rules: flattened }),
  };
}

/** The Go struct of a message: nested names are joined by `_`; a oneof member lies in `Struct_Member`. */
function categoryOf(
  message: DescMessage,
  field: DescField,
  categories: ReadonlyMap<string, string>,
): string | undefined {
  const untagged = slotCategories[`${message.typeName}.${field.name}`];
  if (untagged !== undefined) return untagged;
  const file = `${message.file.name}.proto`;
  const names: string[] = [];
  for (let at: DescMessage | undefined = message; at !== undefined; at = at.parent) names.unshift(at.name);
  const struct = names.join('_');
  const camel = field.name.replace(/(^|_)([a-z0-9])/g, (_match, _bar, letter: string) =>
    letter.toUpperCase(),
  );
  for (const name of [struct, `${struct}_${camel}`, `${struct}_${camel}_`]) {
    const found = categories.get(`${file}#${name}.${field.name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readMessage(
  message: DescMessage,
  option: Option,
  categories: ReadonlyMap<string, string>,
): MessageModel {
  const required = message.oneofs
    .filter((oneof) => option(oneof.proto.options, 'validate.required') === true)
    .map((oneof) => oneof.name);
  return {
    file: `${message.file.name}.proto`,
    fields: message.fields.map((field) => readField(field, option, categoryOf(message, field, categories))),
    ...(required.length === 0 ? {} : { requiredOneofs: required }),
  };
}

function readEnum(type: DescEnum, option: Option): EnumModel {
  const fatal = type.values
    .filter((value) => option(value.proto.options, 'envoy.annotations.disallowed_by_default_enum') === true)
    .map((value) => value.name);
  return {
    file: `${type.file.name}.proto`,
    values: Object.fromEntries(type.values.map((value) => [value.name, value.number])),
    ...(fatal.length === 0 ? {} : { fatal }),
  };
}

/** Files whose every message can be named by an `@type`; of others only what these refer to is taken. */
const ours = /^(envoy|xds|udpa)\//;

/**
 * @param files descriptors by file name, imports included
 * @param linked names of the files that the Envoy binary links: the others are left out, since Envoy refuses their types
 */
export function readModel(
  release: string,
  files: ReadonlyMap<string, Buffer>,
  linked: ReadonlySet<string>,
  categories: ReadonlyMap<string, string>,
  extensions: readonly ExtensionModel[],
): ApiModel {
  const registry = loadRegistry(files);
  const option = optionReader(registry);
  const messages = new Map<string, MessageModel>();
  const enums = new Map<string, EnumModel>();
  const addEnum = (type: DescEnum): void => {
    if (!enums.has(type.typeName)) enums.set(type.typeName, readEnum(type, option));
  };
  const addMessage = (type: DescMessage): void => {
    if (messages.has(type.typeName)) return;
    messages.set(type.typeName, readMessage(type, option, categories));
    for (const field of type.fields) {
      if (field.message !== undefined) addMessage(field.message);
      if (field.enum !== undefined) addEnum(field.enum);
    }
  };
  for (const type of registry) {
    const file = `${type.file.name}.proto`;
    if (!ours.test(file) || !linked.has(file)) continue;
    if (type.kind === 'message') addMessage(type);
    if (type.kind === 'enum') addEnum(type);
  }
  const sorted = <T>(map: Map<string, T>): Record<string, T> =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { release, messages: sorted(messages), enums: sorted(enums), extensions };
}

/** One option of every field that has it. @param name full name of the extension that declares it */
export function fieldOptions(
  files: ReadonlyMap<string, Buffer>,
  name: string,
): { readonly message: string; readonly field: string; readonly value: unknown }[] {
  const registry = loadRegistry(files);
  const option = optionReader(registry);
  return [...registry].flatMap((type) =>
    type.kind === 'message' && ours.test(`${type.file.name}.proto`)
      ? type.fields.flatMap((field) => {
          const value = option(field.proto.options, name);
          return value === undefined ? [] : [{ message: type.typeName, field: field.name, value }];
        })
      : [],
  );
}
