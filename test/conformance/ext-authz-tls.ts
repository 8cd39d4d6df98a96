/**
 * What an authorization service over gRPC is told of a TLS connection, beside real Envoy: principals, the certificate of the
 * client, the server name.
 */
import { reservePort } from '../support/port-block.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, stop, waitForPort } from '../bench/processes.js';
import { startAuthorizationService } from '../support/authorization-service.js';
import { caPem, clientKey, clientPem, serverKey, serverPem } from '../support/certificates.js';
import type { DifferentialContext, DifferentialResult } from './differential.js';

type Json = Record<string, unknown>;
type Client = { readonly cert?: string; readonly key?: string; readonly servername?: string };

const typed = (name: string, type: string, config: Json = {}): Json => ({
  name,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.${type}`, ...config },
});
const inline = (inline_string: string): Json => ({ inline_string });

const clients: Readonly<Record<string, Client>> = {
  'a client with a certificate': { cert: clientPem, key: clientKey, servername: 'one.example' },
  'a client without a certificate': { servername: 'one.example' },
  'a client without a server name': { cert: clientPem, key: clientKey, servername: '' },
};
const settings: Readonly<Record<string, Json>> = {
  'everything told': { include_peer_certificate: true, include_tls_session: true },
  'the default': {},
};

function bootstrapOf(port: number, service: number, filter: Json): Json {
  const certificates = [{ certificate_chain: inline(serverPem), private_key: inline(serverKey) }];
  const manager = typed('m', 'filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: 'p',
    generate_request_id: false,
    route_config: {
      virtual_hosts: [
        { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }] },
      ],
    },
    http_filters: [
      typed('authz', 'filters.http.ext_authz.v3.ExtAuthz', {
        transport_api_version: 'V3',
        grpc_service: {
          google_grpc: { target_uri: `127.0.0.1:${service}`, stat_prefix: 'authz' },
          timeout: '2s',
        },
        ...filter,
      }),
      typed('router', 'filters.http.router.v3.Router'),
    ],
  });
  const tls = typed('tls', 'transport_sockets.tls.v3.DownstreamTlsContext', {
    common_tls_context: {
      tls_certificates: certificates,
      validation_context: { trusted_ca: inline(caPem) },
    },
  });
  return {
    static_resources: {
      listeners: [
        {
          name: 'l',
          address: { socket_address: { address: '127.0.0.1', port_value: port } },
          listener_filters: [typed('inspector', 'filters.listener.tls_inspector.v3.TlsInspector')],
          filter_chains: [{ transport_socket: tls, filters: [manager] }],
        },
      ],
    },
  };
}

/** @returns the status, or why there is none */
function ask(port: number, client: Client): Promise<string> {
  return new Promise((done) => {
    const headers = { host: 'a' };
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false, agent: false, headers, ...client };
    get(options, (answer) => {
      answer.resume().on('end', () => done(String(answer.statusCode)));
    }).on('error', (error) => done(error.message));
  });
}

export async function run({ envoyBin, root }: DifferentialContext): Promise<DifferentialResult> {
  const service = await startAuthorizationService();
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-ext-authz-tls-'));
  const observe = async (name: string, filter: Json, command: string, args: readonly string[]) => {
    const port = await reservePort();
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(bootstrapOf(port, service.port, filter)));
    const running = start(name, command, [...args, '-c', file, '-l', 'error'], folder);
    try {
      await waitForPort(port, name);
      const seen: string[] = [];
      for (const client of Object.values(clients)) {
        service.asked.splice(0);
        seen.push(`${await ask(port, client)} ${service.asked.join()}`);
      }
      return seen;
    } finally {
      await stop(running);
    }
  };
  const lines: string[] = [];
  let [passed, failed] = [0, 0];
  try {
    for (const [setting, filter] of Object.entries(settings)) {
      // One after the other: the service does not know who asks.
      const real = await observe('envoy', filter, envoyBin, ['--use-dynamic-base-id', '--concurrency', '1']);
      const serve = [join(root, 'cli', 'envoy3.mjs'), 'serve', '--no-watch'];
      const ours = await observe('envoy3', filter, process.execPath, serve);
      for (const [index, client] of Object.keys(clients).entries()) {
        if (real[index] === ours[index] && real[index]?.startsWith('200 {') === true) passed++;
        else {
          failed++;
          lines.push(`${setting}, ${client}:\n      Envoy  ${real[index]}\n      envoy3 ${ours[index]}`);
        }
      }
    }
  } finally {
    service.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines: [`${passed} of ${passed + failed} questions are equal`, ...lines] };
}
