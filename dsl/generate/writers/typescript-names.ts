/** How proto names and well-known types are spelled in the generated TypeScript. */

/** `envoy.config.cluster.v3.Cluster` -> `envoy_config_cluster_v3_Cluster`. */
export function typeScriptName(fullName: string): string {
  return fullName.replaceAll('.', '_');
}

/** ProtoJSON shapes of the well-known types (protobuf's JSON mapping). */
export const wellKnownTypes: Readonly<Record<string, string>> = {
  'google.protobuf.Any': 'AnyPayload',
  'google.protobuf.Duration': 'Duration',
  'google.protobuf.Timestamp': 'string',
  'google.protobuf.FieldMask': 'string',
  'google.protobuf.Struct': '{ readonly [key: string]: unknown }',
  'google.protobuf.Value': 'unknown',
  'google.protobuf.ListValue': 'readonly unknown[]',
  'google.protobuf.Empty': '{ readonly [key: string]: never }',
  'google.protobuf.NullValue': 'null',
  'google.protobuf.BoolValue': 'boolean',
  'google.protobuf.StringValue': 'string',
  'google.protobuf.BytesValue': 'string',
  'google.protobuf.Int32Value': 'number',
  'google.protobuf.UInt32Value': 'number',
  'google.protobuf.Int64Value': 'Int64',
  'google.protobuf.UInt64Value': 'Int64',
  'google.protobuf.FloatValue': 'number',
  'google.protobuf.DoubleValue': 'number',
};

export const scalarTypes: Readonly<Record<string, string>> = {
  bool: 'boolean',
  string: 'string',
  bytes: 'string',
  double: 'number',
  float: 'number',
  int32: 'number',
  uint32: 'number',
  sint32: 'number',
  fixed32: 'number',
  sfixed32: 'number',
  int64: 'Int64',
  uint64: 'Int64',
  sint64: 'Int64',
  fixed64: 'Int64',
  sfixed64: 'Int64',
};
