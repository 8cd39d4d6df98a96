/** `check` with the files of this machine, with the bundled runtime, and with a real Envoy (here a script in its place). */
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../cli/main.js';
import { withFolder } from '../support/temporary-folder.js';
import { recordedIo } from './recorded-io.js';

const pem = (commonName: string) =>
  generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    notBeforeDate: new Date(),
    notAfterDate: new Date(Date.now() + 365 * 86_400_000),
  });
const [one, other] = [await pem('a.example'), await pem('b.example')];

/** `code line: message` of every finding. */
async function found(cwd: string, args: string[], env: Record<string, string> = {}): Promise<string[]> {
  const io = recordedIo(cwd, { env });
  await main(['check', '--format', 'json', '--lint', 'none', ...args], io);
  assert.is(io.err(), '');
  const { diagnostics } = JSON.parse(io.out()) as {
    diagnostics: { code: string; message: string; location?: { line: number } }[];
  };
  return diagnostics.map(({ code, location, message }) => `${code} ${location?.line}: ${message}`);
}

const secret = (source: string): string =>
  `static_resources:\n  secrets:\n  - name: a\n    generic_secret: { secret: { ${source} } }\n`;

const certificate = (chain: string, key: string): string =>
  [
    'static_resources:',
    '  secrets:',
    '  - name: a',
    '    tls_certificate:',
    `      certificate_chain: { filename: ${chain} }`,
    `      private_key: { filename: ${key} }`,
    '',
  ].join('\n');

test('files and variables are looked at only when it is asked for', () =>
  withFolder(
    {
      'file.yaml': secret('filename: none.txt'),
      'folder.yaml': secret('filename: .'),
      'variable.yaml': secret('environment_variable: SECRET'),
    },
    async (cwd) => {
      assert.equal(await found(cwd, ['file.yaml']), []);
      assert.equal(await found(cwd, ['file.yaml', '--with-files']), [
        "E3036 4: there is no file 'none.txt' here that can be read",
      ]);
      assert.equal(await found(cwd, ['folder.yaml', '--with-files']), ["E3036 4: '.' is a folder"]);
      assert.equal(await found(cwd, ['variable.yaml', '--with-files']), [
        "E3036 4: the environment has no variable 'SECRET'",
      ]);
      assert.equal(await found(cwd, ['variable.yaml', '--with-files'], { SECRET: 'x' }), []);
    },
  ));

test('a key belongs to its certificate', () =>
  withFolder(
    {
      'a.pem': one.cert,
      'a.key': one.private,
      'b.key': other.private,
      'good.yaml': certificate('a.pem', 'a.key'),
      'bad.yaml': certificate('a.pem', 'b.key'),
      'none.yaml': certificate('a.key', 'a.key'),
    },
    async (cwd) => {
      assert.equal(await found(cwd, ['good.yaml', '--with-files']), []);
      assert.equal(await found(cwd, ['bad.yaml']), []);
      assert.equal(await found(cwd, ['bad.yaml', '--with-files']), [
        'E3019 6: the private key does not belong to the certificate',
      ]);
      assert.equal(await found(cwd, ['none.yaml', '--with-files']), [
        'E3019 5: the certificate chain is not a PEM with a certificate',
      ]);
    },
  ));

test('resources in files are read as Envoy reads them', () => {
  const type = '"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster';
  return withFolder(
    {
      'envoy.yaml':
        'node: { id: a, cluster: b }\ndynamic_resources:\n  cds_config: { path_config_source: { path: cds.yaml } }\n',
      'cds.yaml': `resources:\n- ${type}\n  nam: a\n`,
      'gone.yaml':
        'node: { id: a, cluster: b }\ndynamic_resources:\n  cds_config: { path_config_source: { path: no.yaml } }\n',
    },
    async (cwd) => {
      assert.equal(await found(cwd, ['envoy.yaml']), []);
      const [misspelt, nameless, ...others] = await found(cwd, ['envoy.yaml', '--with-files']);
      assert.match(misspelt ?? '', /^E3036 3: cds\.yaml:3:3: .*Cluster has no field 'nam'/);
      assert.match(nameless ?? '', /^E3036 3: cds\.yaml:\d+:\d+: name is required/);
      assert.equal(others, []);
      const [missing] = await found(cwd, ['gone.yaml', '--with-files']);
      assert.match(missing ?? '', /^E3036 3: there is no file 'no\.yaml'/);
    },
  );
});

test('descriptors of gRPC services, regions of AWS', () => {
  const filter = (name: string, settings: string): string =>
    [
      'static_resources:',
      '  listeners:',
      '  - name: l',
      '    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }',
      '    filter_chains:',
      '    - filters:',
      '      - name: hcm',
      '        typed_config:',
      '          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      '          stat_prefix: x',
      '          route_config: { virtual_hosts: [] }',
      '          http_filters:',
      `          - { name: f, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.${name}, ${settings} } }`,
      '          - { name: r, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }',
      '',
    ].join('\n');
  const transcoder = filter(
    'grpc_json_transcoder.v3.GrpcJsonTranscoder',
    'proto_descriptor: a.pb, services: [a.B]',
  );
  return withFolder(
    {
      'transcoder.yaml': transcoder,
      'aws.yaml': filter('aws_request_signing.v3.AwsRequestSigning', 'service_name: s3'),
      'a.pb': 'syntax = "proto3";',
    },
    async (cwd) => {
      assert.equal(await found(cwd, ['transcoder.yaml', '--with-files']), [
        "E3036 13: 'a.pb' is no set of descriptors",
      ]);
      assert.equal(await found(cwd, ['aws.yaml']), []);
      assert.equal(await found(cwd, ['aws.yaml', '--with-files']), [
        'E3036 13: neither the filter nor the environment names a region',
      ]);
      assert.equal(await found(cwd, ['aws.yaml', '--with-files'], { AWS_REGION: 'eu-west-1' }), []);
    },
  );
});

test('what the bundled runtime does not serve is a verdict of its own', () =>
  withFolder(
    {
      'a.yaml':
        'static_resources: { clusters: [{ name: a, type: STATIC, stats_matcher: { reject_all: true } }] }\n',
    },
    async (cwd) => {
      assert.equal(await found(cwd, ['a.yaml']), []);
      const [first, ...others] = await found(cwd, ['a.yaml', '--engine', 'bundled']);
      assert.match(first ?? '', /^E4001 1: .*stats_matcher.* needs real Envoy$/);
      assert.equal(others, []);
    },
  ));

/** Says OK or refuses by the name of the node, and counts how often it was asked. */
const script = `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
const file = process.argv[process.argv.indexOf('-c') + 1];
const { node } = JSON.parse(readFileSync(file, 'utf8'));
appendFileSync(__dirname + '/asked', node.id + '\\n');
if (node.id !== 'bad') console.log("configuration '" + file + "' OK");
else { console.error("[x] error initializing configuration '" + file + "': no  such\\n thing"); process.exit(1); }
`;

test('a real Envoy is asked once for each content', () =>
  withFolder(
    {
      'envoy.cjs': script,
      'good.yaml': 'node: { id: good, cluster: b }\n',
      'bad.yaml': 'node: { id: bad, cluster: b }\n',
      'strict.yaml':
        'node: { id: odd, cluster: b }\nstatic_resources: { clusters: [{ name: a, type: STATIC }, { name: a, type: STATIC }] }\n',
    },
    async (cwd) => {
      chmodSync(join(cwd, 'envoy.cjs'), 0o755);
      const env = { ENVOY_BIN: join(cwd, 'envoy.cjs'), XDG_CACHE_HOME: join(cwd, 'cache') };
      for (let turn = 0; turn < 2; turn++) {
        assert.equal(await found(cwd, ['good.yaml', '--with-envoy'], env), []);
        assert.equal(await found(cwd, ['bad.yaml', '--with-envoy=./envoy.cjs'], env), [
          'E4002 1: real Envoy refuses it: no such thing',
        ]);
      }
      assert.is(readFileSync(join(cwd, 'asked'), 'utf8'), 'good\nbad\n');
      const both = await found(cwd, ['strict.yaml', '--with-envoy'], env);
      assert.ok(both.some((line) => line.startsWith('E3001 ')));
      assert.ok(both.some((line) => line.startsWith('E4002 ') && line.includes('takes it in spite')));
      const io = recordedIo(cwd, { env });
      assert.is(await main(['check', 'good.yaml', '--with-envoy=none'], io), 2);
      assert.match(io.err(), /there is no real Envoy at 'none'/);
    },
  ));

test.run();
