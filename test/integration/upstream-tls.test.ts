/** TLS to hosts for all that connects to them: pools of either protocol, the TCP proxy, health checks. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../support/bootstrap.js';
import {
  bootstrap,
  connectionManager,
  listener,
  listenerAddress,
  staticCluster,
  tlsContext,
  toCluster,
} from '../support/bootstrap.js';
import { caPem, serverKey, serverPem } from '../support/certificates.js';
import { openConnection, openTlsConnection } from '../support/http-connection.js';
import type { RunningProxy } from '../support/serve.js';
import { inTemporaryFolder, startProxy } from '../support/serve.js';

const types = 'type.googleapis.com/envoy.extensions.';
const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const certificate: TlsOptions = { cert: serverPem, key: serverKey };
const withAdmin: Message = { admin: { address: listenerAddress() } };

function upstreamContext(common: Message, more: Message = {}): Message {
  return {
    name: 'tls',
    typed_config: {
      '@type': `${types}transport_sockets.tls.v3.UpstreamTlsContext`,
      common_tls_context: common,
      ...more,
    },
  };
}

const trusting = (name: string): Message => ({
  validation_context: {
    trusted_ca: { inline_string: caPem },
    match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: name } }],
  },
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/** What a server was asked for in each handshake: `name protocol`. */
function recordHandshakes(server: Server): string[] {
  const seen: string[] = [];
  server.on('secureConnection', ({ alpnProtocol, servername }: TLSSocket & { servername?: unknown }) =>
    seen.push(`${String(servername)} ${String(alpnProtocol)}`),
  );
  return seen;
}

const hello = (request: IncomingMessage, response: ServerResponse): void => {
  response.end(`${request.httpVersion} ${request.headers.host ?? String(request.headers[':authority'])}`);
};

async function admin({ server }: RunningProxy, path: string): Promise<string> {
  return (await fetch(`http://${server.adminAddress}${path}`)).text();
}

async function answer(proxy: RunningProxy, path: string, authority: string): Promise<string> {
  const { closed, socket } = await openConnection(proxy.port());
  socket.write(`GET /${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: close\r\n\r\n`);
  return closed;
}

test('a pool of either protocol offers what it speaks, by the name of the request', async () => {
  const host = createSecureServer({ ...certificate, allowHTTP1: true }, hello as never);
  const seen = recordHandshakes(host);
  const port = await listening(host);
  const names = { auto_sni: true, auto_san_validation: true };
  const cluster = (name: string, protocol: Message): Message =>
    staticCluster(name, port, {
      transport_socket: upstreamContext({ validation_context: { trusted_ca: { inline_string: caPem } } }),
      typed_extension_protocol_options: {
        [optionsName]: {
          '@type': `type.googleapis.com/${optionsName}`,
          upstream_http_protocol_options: names,
          ...protocol,
        },
      },
    });
  const proxy = await startProxy({
    configYaml: bootstrap(
      [listener(connectionManager(['h1', 'h2', 'auto'].map((one) => toCluster(one, `/${one}`))))],
      [
        cluster('h1', { explicit_http_config: { http_protocol_options: {} } }),
        cluster('h2', { explicit_http_config: { http2_protocol_options: {} } }),
        cluster('auto', { auto_config: {} }),
      ],
      withAdmin,
    ),
  });
  for (const [name, version, protocol] of [
    ['h1', '1.1', 'http/1.1'],
    ['h2', '2.0', 'h2'],
    ['auto', '2.0', 'h2'],
  ] as const) {
    for (const authority of ['one.example', 'b.wild.example']) {
      assert.match(await answer(proxy, name, authority), new RegExp(`${version} ${authority}`), name);
      assert.is(seen.pop(), `${authority} ${protocol}`);
    }
    assert.match(await answer(proxy, name, 'other.example'), /^HTTP\/1\.1 503 /, name);
    assert.match(await admin(proxy, `/stats?filter=cluster.${name}.ssl`), /fail_verify_san: 1/);
  }
  await proxy.server.shutdown();
  host.close();
});

test('octets over TLS on both sides are of no protocol; the log tells both handshakes', () =>
  inTemporaryFolder(async (folder) => {
    const host = createTlsServer({ ...certificate, ALPNProtocols: ['http/1.1'] }, (socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    const seen = recordHandshakes(host);
    const path = join(folder, 'log');
    const format = '%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_LOCAL_SUBJECT% %UPSTREAM_TLS_VERSION%\n';
    const filter = {
      name: 'tcp',
      typed_config: {
        '@type': `${types}filters.network.tcp_proxy.v3.TcpProxy`,
        stat_prefix: 't',
        cluster: 'c',
        access_log: [
          {
            name: 'file',
            typed_config: {
              '@type': `${types}access_loggers.file.v3.FileAccessLog`,
              path,
              log_format: { text_format_source: { inline_string: format } },
            },
          },
        ],
      },
    };
    const context = tlsContext([{ cert: serverPem, key: serverKey }]);
    const proxy = await startProxy({
      fileFlushIntervalMs: 1,
      configYaml: bootstrap(
        [listener({}, { filter_chains: [{ filters: [filter], transport_socket: context }] })],
        [
          staticCluster('c', await listening(host), {
            transport_socket: upstreamContext(trusting('one.example'), { sni: 'x.example' }),
          }),
        ],
      ),
    });
    const { http } = await openTlsConnection(proxy.port());
    const echo = new Promise((done) => http.socket.once('data', done));
    http.send('/echo');
    await echo;
    http.close();
    while (readFileSync(path, 'utf8') === '') await new Promise((done) => setImmediate(done));
    await proxy.server.shutdown();
    assert.equal(seen, ['x.example false']);
    assert.is(readFileSync(path, 'utf8'), 'TLSv1.3 CN=one.example,O=Srv TLSv1.2\n');
    host.close();
  }));

for (const [title, name, healthy] of [
  ['passes', 'one.example', true],
  ['does not pass', 'other.example', false],
] as const) {
  test(`the check of a host whose certificate is ${healthy ? 'good' : 'not good'} ${title}`, async () => {
    const host = createSecureServer({ ...certificate, allowHTTP1: true }, hello as never);
    const check = {
      timeout: '5s',
      interval: '60s',
      unhealthy_threshold: 1,
      healthy_threshold: 1,
      http_health_check: { path: '/' },
    };
    const proxy = await startProxy({
      configYaml: bootstrap(
        [listener(connectionManager([toCluster('c')]))],
        [
          staticCluster('c', await listening(host), {
            transport_socket: upstreamContext(trusting(name)),
            health_checks: [check],
          }),
        ],
        withAdmin,
      ),
    });
    const stats = await admin(proxy, '/stats?filter=cluster.c&usedonly');
    assert.match(stats, new RegExp(`health_check.${healthy ? 'success' : 'network_failure'}: 1`));
    assert.match(stats, new RegExp(`ssl.${healthy ? 'handshake' : 'fail_verify_san'}: 1`));
    await proxy.server.shutdown();
    host.close();
  });
}

test('a check offers its own protocols, else those of the cluster, else none', async () => {
  for (const [own, ofCluster, protocol] of [
    [['a'], ['b'], 'a'],
    [undefined, ['b'], 'b'],
    [undefined, undefined, 'false'],
  ] as const) {
    const host = createTlsServer({ ...certificate, ALPNProtocols: ['b', 'a'] }, (socket) => socket.end());
    const seen = recordHandshakes(host);
    const check = {
      timeout: '5s',
      interval: '60s',
      unhealthy_threshold: 1,
      healthy_threshold: 1,
      tcp_health_check: {},
      ...(own === undefined ? {} : { tls_options: { alpn_protocols: own } }),
    };
    const proxy = await startProxy({
      configYaml: bootstrap(
        [listener(connectionManager([toCluster('c')]))],
        [
          staticCluster('c', await listening(host), {
            transport_socket: upstreamContext(ofCluster === undefined ? {} : { alpn_protocols: ofCluster }),
            health_checks: [check],
          }),
        ],
      ),
    });
    assert.equal(seen, [`false ${protocol}`]);
    await proxy.server.shutdown();
    host.close();
  }
});

test.run();
