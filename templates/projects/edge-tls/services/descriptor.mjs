/**
 * The messages of google/protobuf/descriptor.proto that tell of an API, as far as they are needed here.
 */

const string = (number) => ({ number, type: 'string' });
const int32 = (number) => ({ number, type: 'int32' });
const bool = (number) => ({ number, type: 'bool' });
const many = (number, of) => ({ number, type: 'message', many: true, of });

const fieldDescriptor = {
  name: string(1),
  number: int32(3),
  label: int32(4),
  type: int32(5),
  jsonName: string(10),
};
const messageDescriptor = { name: string(1), field: many(2, fieldDescriptor) };
const methodDescriptor = {
  name: string(1),
  inputType: string(2),
  outputType: string(3),
  clientStreaming: bool(5),
  serverStreaming: bool(6),
};
const serviceDescriptor = { name: string(1), method: many(2, methodDescriptor) };
const fileDescriptor = {
  name: string(1),
  package: string(2),
  messageType: many(4, messageDescriptor),
  service: many(6, serviceDescriptor),
  syntax: string(12),
};

/** `FileDescriptorSet` */
export const descriptorSet = { file: many(1, fileDescriptor) };

/** `FieldDescriptorProto.Type` and `Label.LABEL_OPTIONAL`. */
export const types = { string: 9, int32: 5, bool: 8 };
export const optional = 1;
