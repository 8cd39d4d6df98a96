/** Certificates, authorities, ticket keys and secrets that change on the disk while the configuration stays. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../support/bootstrap.js';
import {
  bootstrap,
  connectionManager,
  listener,
  listenerAddress,
  say,
  staticCluster,
  tlsContext,
  toCluster,
} from '../support/bootstrap.js';
import { get, openConnection, openTlsConnection } from '../support/http-connection.js';
import { inTemporaryFolder, startProxy, writeFileIn } from '../support/serve.js';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

async function certificate(name: string, options: Message = {}): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...options,
  });
  return { cert: made.cert, key: made.private };
}

const first = await certificate('first');
const second = await certificate('second');

const fromFiles = (cert: string, key: string): Message => ({
  certificate_chain: { filename: cert },
  private_key: { filename: key },
});

function listening(context: Message): string {
  const chain = { filters: [connectionManager([say('hi')])], transport_socket: context };
  return bootstrap([{ name: 'tls', address: listenerAddress(), filter_chains: [chain] }], [], {
    admin: { address: listenerAddress() },
  });
}

/** The name on the certificate that a new connection is shown; what went wrong, else. */
async function shown(port: number, options: ConnectionOptions = {}): Promise<string> {
  try {
    const { http, socket } = await openTlsConnection(port, options);
    const name = String(socket.getPeerCertificate().subject?.CN);
    const { body } = await http.get('/').finally(() => http.close());
    return body === 'hi' ? name : `answered ${body}`;
  } catch (error) {
    return `failed: ${(error as Error).message}`;
  }
}

/** Handshakes one after the other until one shows that name. @returns all that was shown before */
async function until(port: number, name: string, options: ConnectionOptions = {}): Promise<string[]> {
  const before: string[] = [];
  for (;;) {
    const now = await shown(port, options);
    if (now === name) return before;
    before.push(now);
  }
}

async function stats(adminAddress: string | undefined, filter: string): Promise<string> {
  const connection = await openConnection(Number(adminAddress?.split(':')[1]));
  connection.send(`/stats?filter=${filter}&usedonly`, 'connection: close\r\n');
  return connection.closed;
}

const rotations = 50;

test(`${rotations} rotations as Kubernetes does them: every handshake succeeds, no connection ends`, async () => {
  const pairs = await Promise.all(Array.from({ length: rotations }, (_, at) => certificate(`pair-${at}`)));
  await inTemporaryFolder(async (folder) => {
    /** A folder for each version, and a link to the one in force that is replaced in one step. */
    const publish = ({ cert, key }: Pair, version: number): void => {
      const inside = join(folder, `v${version}`);
      mkdirSync(inside);
      writeFileIn(inside, 'tls.crt', cert);
      writeFileIn(inside, 'tls.key', key);
      symlinkSync(`v${version}`, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    publish(first, -1);
    symlinkSync('..data/tls.crt', join(folder, 'tls.crt'));
    symlinkSync('..data/tls.key', join(folder, 'tls.key'));
    const files = fromFiles(join(folder, 'tls.crt'), join(folder, 'tls.key'));
    const { port, server } = await startProxy({
      configYaml: listening(tlsContext([], {}, { tls_certificates: [files] })),
      watch: true,
    });
    const { http } = await openTlsConnection(port());
    const known = new Set(['first', ...pairs.map((_, at) => `pair-${at}`)]);
    const seen: string[] = [];
    for (const [at, pair] of pairs.entries()) {
      publish(pair, at);
      const [one, other] = await Promise.all([until(port(), `pair-${at}`), until(port(), `pair-${at}`)]);
      seen.push(...one, ...other);
      assert.is((await http.get('/')).body, 'hi');
    }
    assert.equal(
      seen.filter((one) => !known.has(one)),
      [],
    );
    const text = await stats(server.adminAddress, 'envoy3.tls|ssl.handshake|cx_destroy');
    assert.match(text, new RegExp(`envoy3\\.tls\\.rotation_success: ${rotations}\\n`));
    assert.not.match(text, /rotation_rejected: [1-9]/);
    http.close();
    await server.shutdown();
  });
});

test('a key that does not belong to the certificate is refused whole, by name, and what was there goes on', async () => {
  await inTemporaryFolder(async (folder) => {
    const cert = writeFileIn(folder, 'cert.pem', first.cert);
    const key = writeFileIn(folder, 'key.pem', first.key);
    const { logged, port, server } = await startProxy({
      configYaml: listening(tlsContext([], {}, { tls_certificates: [fromFiles(cert, key)] })),
      watch: true,
    });
    writeFileSync(cert, second.cert);
    const line = await logged(/certificates on the disk refused/);
    assert.match(line, /listener 'tls'.*Failed to load private key from .*key\.pem, Cause: .*cert\.pem/);
    assert.is(await shown(port()), 'first');
    writeFileSync(key, 'nonsense');
    await logged(/refused.*key\.pem, Cause: (?!error:0b000074)/);
    assert.is(await shown(port()), 'first');
    writeFileSync(key, second.key);
    assert.equal(new Set(await until(port(), 'second')).size <= 1, true);
    assert.match(
      await stats(server.adminAddress, 'envoy3.tls'),
      /rotation_rejected: [2-9][\s\S]*rotation_success: 1/,
    );
    await server.shutdown();
  });
});

const secretType = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';
const secrets = (...all: readonly Message[]): string =>
  JSON.stringify({ resources: all.map((one) => ({ '@type': secretType, ...one })) });
const inline = ({ cert, key }: Pair): Message => ({
  certificate_chain: { inline_string: cert },
  private_key: { inline_string: key },
});
const sds = (name: string, path: string): Message => ({
  name,
  sds_config: { path_config_source: { path }, resource_api_version: 'V3' },
});

test('secrets of files: a certificate and the authorities of clients', async () => {
  const authority = await certificate('authority', {
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  const client = await certificate('client', { ca: { cert: authority.cert, key: authority.key } });
  await inTemporaryFolder(async (folder) => {
    const replace = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
      return path;
    };
    const trusting = (pem: string): string =>
      secrets({ name: 'clients', validation_context: { trusted_ca: { inline_string: pem } } });
    const certFile = replace('cert.yaml', secrets({ name: 'server', tls_certificate: inline(first) }));
    const caFile = replace('ca.yaml', trusting(first.cert));
    const context = tlsContext(
      [],
      { require_client_certificate: true },
      {
        tls_certificates: undefined,
        tls_certificate_sds_secret_configs: [sds('server', certFile)],
        validation_context_sds_secret_config: sds('clients', caFile),
      },
    );
    const { logged, port, server } = await startProxy({ configYaml: listening(context), watch: true });
    assert.match(await shown(port(), client), /^failed/);
    replace('ca.yaml', trusting(authority.cert));
    assert.ok((await until(port(), 'first', client)).every((one) => one.startsWith('failed')));
    replace('cert.yaml', secrets({ name: 'server', tls_certificate: inline(second) }));
    assert.equal(new Set(await until(port(), 'second', client)).size <= 1, true);
    replace('cert.yaml', secrets({ name: 'another', tls_certificate: inline(first) }));
    assert.match(await logged(/refused/), /there is no tls_certificate 'server' in .*cert\.yaml/);
    replace('cert.yaml', 'resources: [{ "@type": x }]');
    assert.match(await logged(/refused.*cert\.yaml:1/), /cert\.yaml:1:\d+: /);
    assert.is(await shown(port(), client), 'second');
    assert.match(await stats(server.adminAddress, 'by_sds'), /ssl_context_update_by_sds: 4/);
    await server.shutdown();
  });
});

test('tickets made with an older key are still good, those of a key that is gone are not', async () => {
  await inTemporaryFolder(async (folder) => {
    const keys = ['a', 'b', 'c'].map((name) => {
      const path = join(folder, name);
      writeFileSync(path, randomBytes(80));
      return path;
    });
    const file = join(folder, 'keys.yaml');
    const publish = (...names: readonly string[]): void => {
      writeFileSync(
        `${file}.new`,
        secrets({ name: 'tickets', session_ticket_keys: { keys: names.map((filename) => ({ filename })) } }),
      );
      renameSync(`${file}.new`, file);
    };
    const [a = '', b = '', c = ''] = keys;
    publish(a);
    const context = tlsContext([first], { session_ticket_keys_sds_secret_config: sds('tickets', file) });
    const { log, port, server } = await startProxy({ configYaml: listening(context), watch: true });
    /** The ticket that a new client is given. */
    const ticket = async (): Promise<Buffer> => {
      const { http, socket } = await openTlsConnection(port());
      const given = new Promise<Buffer>((done) => socket.once('session', done));
      await http.get('/');
      const session = await given;
      http.close();
      return session;
    };
    const resumes = async (session: Buffer): Promise<boolean> => {
      const { http, socket } = await openTlsConnection(port(), { session });
      const isReused = socket.isSessionReused();
      await http.get('/');
      http.close();
      return isReused;
    };
    const inForce = async (count: number): Promise<void> => {
      while (log.filter((line) => line.includes('are in force for new connections')).length < count) {
        await shown(port());
      }
    };
    const oldest = await ticket();
    assert.ok(await resumes(oldest));
    publish(b, a);
    await inForce(1);
    assert.ok(await resumes(oldest), 'its key is still known');
    const newer = await ticket();
    publish(c, b);
    await inForce(2);
    assert.not.ok(await resumes(oldest), 'its key is gone');
    assert.ok(await resumes(newer));
    await server.shutdown();
  });
});

test('towards upstreams: our certificate and whom we trust', async () => {
  const seen: string[] = [];
  const upstream = createTlsServer(
    { cert: first.cert, key: first.key, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      seen.push(String(socket.getPeerCertificate().subject?.CN));
      socket.on('error', () => undefined);
      socket.on('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi'),
      );
    },
  );
  upstream.on('tlsClientError', () => undefined);
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const other = await certificate('other');
  await inTemporaryFolder(async (folder) => {
    const paths = ['own.pem', 'own.key', 'ca.pem'].map((name) => join(folder, name));
    const [cert = '', key = '', ca = ''] = paths;
    const own = ({ cert: pem, key: secret }: Pair): void => {
      writeFileSync(cert, pem);
      writeFileSync(key, secret);
    };
    own(second);
    writeFileSync(ca, first.cert);
    const transport_socket = {
      name: 'tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        common_tls_context: {
          tls_certificates: [fromFiles(cert, key)],
          validation_context: { trusted_ca: { filename: ca } },
        },
      },
    };
    const { port } = upstream.address() as AddressInfo;
    const proxy = await startProxy({
      configYaml: bootstrap(
        [listener(connectionManager([toCluster('up')]))],
        [staticCluster('up', port, { transport_socket })],
      ),
      watch: true,
    });
    const status = async (): Promise<number> => (await get(proxy.port(), '/')).status;
    assert.is(await status(), 200);
    assert.equal(seen, ['second']);
    own(other);
    while (seen.at(-1) !== 'other') assert.is(await status(), 200);
    writeFileSync(ca, second.cert);
    while ((await status()) === 200);
    writeFileSync(ca, first.cert);
    while ((await status()) !== 200);
    assert.equal(new Set(seen), new Set(['second', 'other']));
    await proxy.server.shutdown();
  });
  upstream.close();
});

test.run();
