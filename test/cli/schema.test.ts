/** The JSON Schema for plain YAML: takes what the templates compile to, and sees into `typed_config`. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../cli/main.js';
import { compile } from '../../compiler/index.js';
import { schemaErrors } from '../support/json-schema.js';
import { recordedIo } from './recorded-io.js';

/** This file runs from `dist/test/cli`. */
const projects = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'templates', 'projects');

const io = recordedIo('/');
assert.is(await main(['schema'], io), 0);
const schema = JSON.parse(io.out()) as Record<string, unknown>;

function errors(bootstrap: unknown): string[] {
  return schemaErrors(bootstrap, schema);
}

test('what the templates compile to is taken', async () => {
  for (const name of readdirSync(projects)) {
    const cwd = join(projects, name);
    const { bootstrap } = await compile({ entry: 'envoy3.config.ts', cwd, env: {} });
    assert.equal(errors(bootstrap), [], name);
  }
});

const url = (type: string): string => `type.googleapis.com/envoy.extensions.${type}`;
const chain = (typed_config: object): object => ({
  static_resources: {
    listeners: [{ name: 'l', filter_chains: [{ filters: [{ name: 'f', typed_config }] }] }],
  },
});
const at = '$.static_resources.listeners[0].filter_chains[0].filters[0].typed_config';

test('faults in a typed_config are seen, by its type', () => {
  const proxy = { '@type': url('filters.network.tcp_proxy.v3.TcpProxy'), stat_prefix: 'x' };
  assert.equal(errors(chain({ ...proxy, cluster: 'a' })), []);
  assert.equal(errors(chain({ ...proxy, clutser: 'a' })), [`${at}.clutser is not known`]);
  assert.equal(errors(chain({ ...proxy, idle_timeout: 5 })), [
    `${at}.idle_timeout is no string`,
    `${at}.idle_timeout does not match ^-?[0-9]+(\\.[0-9]{1,9})?s$`,
  ]);
  const [wrong] = errors(chain({ '@type': url('filters.http.router.v3.Router') }));
  assert.match(wrong ?? '', `${at}.@type is none of`);
});

test('editors get texts of fields', () => {
  const definitions = schema.$defs as Record<
    string,
    { properties: Record<string, { description?: string }> }
  >;
  const { name } = definitions['envoy.config.cluster.v3.Cluster']?.properties ?? {};
  assert.match(name?.description ?? '', 'name of the cluster');
});

test.run();
