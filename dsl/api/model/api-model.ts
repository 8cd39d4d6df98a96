/**
 * The Envoy API as data: what the facts are read into, and what types, validators and JSON Schema are made of.
 * The generated `generated/table.ts` holds one `ApiModel`; the reader (`reader/`) interprets it.
 */

/**
 * protoc-gen-validate rules of one field, flattened (`{string: {min_len: 1}}` is `{min_len: 1}`): only the keys that are
 * set, in proto spelling. Durations as ProtoJSON (`0.001s`), 64-bit numbers as numbers. `items`, `keys` and `values` hold
 * the flattened rules of the elements.
 */
export interface FieldRules {
  readonly [rule: string]: unknown;
}

export type ScalarType =
  | 'bool'
  | 'string'
  | 'bytes'
  | 'double'
  | 'float'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'fixed32'
  | 'sfixed32'
  | 'int64'
  | 'uint64'
  | 'sint64'
  | 'fixed64'
  | 'sfixed64';

export interface FieldModel {
  /** snake_case, as in the proto. */
  readonly name: string;
  readonly number: number;
  /** A scalar, or the full name of a message or an enum (looked up in the model). */
  readonly type: ScalarType | (string & {});
  readonly label?: 'repeated' | 'map';
  /** Key type of a map; `type` is then the value type. */
  readonly key?: ScalarType;
  /** Name of the oneof that the field is a member of. */
  readonly oneof?: string;
  /** `deprecated`: accepted with a warning. `fatal`: refused by default (`disallowed_by_default`). */
  readonly deprecated?: 'deprecated' | 'fatal';
  readonly rules?: FieldRules;
  /** Categories of the extensions that fit, joined by commas (mostly one), for an `Any`, a `TypedExtensionConfig` or a message that holds a `typed_config`. */
  readonly category?: string;
}

export interface MessageModel {
  /** The .proto that declares it, e.g. `envoy/config/cluster/v3/cluster.proto`. */
  readonly file: string;
  readonly fields: readonly FieldModel[];
  /** Names of the oneofs of which one member must be set (`(validate.required)`). */
  readonly requiredOneofs?: readonly string[];
}

export interface EnumModel {
  /** The .proto that declares it. */
  readonly file: string;
  /** Value name to number, in proto order. */
  readonly values: Readonly<Record<string, number>>;
  /** Names refused by default (`disallowed_by_default_enum`). */
  readonly fatal?: readonly string[];
}

/** An extension that the Envoy release links: `envoy.filters.http.router` of category `envoy.filters.http`. */
export interface ExtensionModel {
  readonly name: string;
  readonly category: string;
  /** Full message names, without `type.googleapis.com/`. */
  readonly types: readonly string[];
}

export interface ApiModel {
  /** Envoy release, e.g. `1.40.0`. */
  readonly release: string;
  readonly messages: Readonly<Record<string, MessageModel>>;
  readonly enums: Readonly<Record<string, EnumModel>>;
  readonly extensions: readonly ExtensionModel[];
}
