/**
 * `node protoset.mjs` writes `auth-api.protoset`, the API in the form that grpcurl reads (`google.protobuf.FileDescriptorSet`).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './runner/envoy3-package.mjs';
import { messages, methods, packageName, serviceName } from './services/auth-api.mjs';
import { descriptorSet, optional, types } from './services/descriptor.mjs';
import { encode } from './services/protobuf.mjs';

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
