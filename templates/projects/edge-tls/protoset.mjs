/**
 * `node protoset.mjs` writes `auth-api.protoset`, the API in the form that grpcurl reads (`google.protobuf.FileDescriptorSet`).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './runner/envoy3-package.mjs';
import { messages, methods, packageName, serviceName } from './services/auth-api.mjs';
import { encode } from './services/protobuf.mjs';

const string = (number) => ({ number, type: 'string' });
const int32 = (number) => ({ number, type: 'int32' });
const bool = (number) => ({ number, type: 'bool' });
const many = (number, of) => ({ number, type: 'message', many: true, of });

/** The parts of google/protobuf/descriptor.proto that are needed here. */
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
const descriptorSet = { file: many(1, fileDescriptor) };

/** `FieldDescriptorProto.Type` and `Label.LABEL_OPTIONAL`. */
const types = { string: 9, int32: 5, bool: 8 };
const optional = 1;

/** @returns its octets */
export function protoset() {
  const file = {
    name: 'edge/v1/auth_api.proto',
    package: packageName,
    syntax: 'proto3',
    messageType: Object.entries(messages).map(([name, fields]) => ({
      name,
      field: Object.entries(fields).map(([jsonName, { number, type }]) => ({
        name: jsonName,
        jsonName,
        number,
        label: optional,
        type: types[type],
      })),
    })),
    service: [
      {
        name: serviceName,
        method: Object.entries(methods).map(([name, { request, reply, isStream = false }]) => ({
          name,
          inputType: `.${packageName}.${request}`,
          outputType: `.${packageName}.${reply}`,
          clientStreaming: isStream,
          serverStreaming: isStream,
        })),
      },
    ],
  };
  return encode(descriptorSet, { file: [file] });
}

if (process.argv[1]?.endsWith('protoset.mjs')) {
  writeFileSync(join(projectFolder, 'auth-api.protoset'), protoset());
  process.stdout.write('auth-api.protoset is written\n');
}
