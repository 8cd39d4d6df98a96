/**
 * The edge-tls project: its variants compile, and its routes go where they should.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/index.js';

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

test.run();
