/**
 * The edge-tls project: its variants compile, and its README is true.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, fromBinary, ScalarType } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/index.js';
import { isInstalled } from '../bench/processes.js';
import { followReadme } from '../support/follow-readme.js';

/** This file runs from `dist/test/templates`. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const project = join(root, 'templates', 'projects', 'edge-tls');

async function build(env: Record<string, string>): Promise<string> {
  const { diagnostics, yaml = '' } = await compile({ entry: 'envoy3.config.ts', cwd: project, env });
  assert.equal(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  );
  return yaml;
}

/** Each variant, and a text that it alone has. */
const variants = {
  MTLS: ['on', 'require_client_certificate: true'],
  H2C: ['on', 'name: h2c'],
  WORKERS: ['files', 'type: EDS'],
  OLDEST_TLS: ['TLSv1_3', 'tls_minimum_protocol_version: TLSv1_3'],
  RELEASE: ['two', 'value: two'],
} as const;

test('as it is, it compiles without a finding and has none of the variants', async () => {
  const { diagnostics, yaml = '' } = await compile({ entry: 'envoy3.config.ts', cwd: project, env: {} });
  assert.equal(diagnostics, []);
  for (const [name, [, text]] of Object.entries(variants)) assert.not.ok(yaml.includes(text), name);
});

for (const [name, [value, text]] of Object.entries(variants)) {
  test(`${name}=${value} is seen in the configuration`, async () => {
    assert.ok((await build({ [name]: value })).includes(text));
  });
}

test('the protoset is what descriptor.proto says', async () => {
  const { protoset } = (await import(join(project, 'protoset.mjs'))) as { protoset(): Buffer };
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, protoset()));
  const service = registry.getService('edge.v1.AuthApi');
  assert.equal(
    service?.methods.map(({ input, methodKind, name, output }) => [
      name,
      methodKind,
      input.typeName,
      output.fields.map((field) => `${field.number} ${field.jsonName} ${field.scalar}`),
    ]),
    [
      [
        'Ping',
        'unary',
        'edge.v1.PingRequest',
        [`1 text ${ScalarType.STRING}`, `2 count ${ScalarType.INT32}`],
      ],
      [
        'Watch',
        'bidi_streaming',
        'edge.v1.PingRequest',
        [`1 text ${ScalarType.STRING}`, `2 count ${ScalarType.INT32}`],
      ],
    ],
  );
});

test('messages of the API are read as they were written, and broken ones are refused', async () => {
  const { decode, encode } = (await import(join(project, 'services', 'protobuf.mjs'))) as {
    decode(fields: object, octets: Buffer): object;
    encode(fields: object, message: object): Buffer;
  };
  const { messages } = (await import(join(project, 'services', 'auth-api.mjs'))) as {
    messages: { PingReply: object };
  };
  for (const message of [
    { text: '', count: 0 },
    { text: 'h\u00e9', count: 2 ** 31 - 1 },
  ]) {
    assert.equal(decode(messages.PingReply, encode(messages.PingReply, message)), message);
  }
  // A field that is not known: number 9, fixed 64 bits.
  const unknown = Buffer.concat([Buffer.from([0x49]), Buffer.alloc(8)]);
  assert.equal(decode(messages.PingReply, unknown), { text: '', count: 0 });
  const cut = encode(messages.PingReply, { text: 'hello', count: 0 }).subarray(0, 4);
  assert.throws(() => decode(messages.PingReply, cut), /cut off/);
});

/** What the README types besides commands of its own. */
const missing = ['bash', 'npm', 'curl', 'openssl'].filter((command) => !isInstalled(command));

const readmeTest = missing.length === 0 ? test : test.skip;
readmeTest('the README keeps its promises, command by command', async () => {
  assert.ok((await followReadme('edge-tls')) > 50);
});

test.run();
