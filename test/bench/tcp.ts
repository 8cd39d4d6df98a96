/**
 * Small messages there and back over open connections, and bulk, through each proxy in turn, several rounds interleaved
 * so that the noise of the machine falls on all of them: CPU time of the proxy per message and per mebibyte, and its ratio
 * to that of a bare relay in Node, which does nothing but pass octets on.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from './processes.js';
import { cpuMicroseconds, freePort, isInstalled, start, stop, waitForPort } from './processes.js';

export interface TcpOptions {
  readonly envoyBin: string | undefined;
  /** Path of `cli/envoy3.mjs`. */
  readonly cli: string;
  /** Seconds of load per proxy and round. */
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
}

interface ProxyUnderTest {
  readonly name: string;
  /** Writes its configuration and says how to start it; undefined when it is not installed. */
  command(folder: string, port: number, upstream: number): readonly [string, readonly string[]] | undefined;
}

const messageOctets = 64;
const bulkOctets = 256 * 1024;

function bootstrap(port: number, upstream: number): string {
  return `static_resources:
  listeners:
    - name: bench
      address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.tcp_proxy
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                stat_prefix: bench
                cluster: upstream
  clusters:
    - name: upstream
      type: STATIC
      connect_timeout: 1s
      circuit_breakers: { thresholds: [{ max_connections: 10000, max_pending_requests: 10000, max_requests: 10000 }] }
      load_assignment:
        cluster_name: upstream
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${upstream} } } }
`;
}

const bareRelay = (port: number, upstream: number): string => `
const { connect, createServer } = require('node:net');
createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const host = connect({ port: ${upstream}, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  client.on('error', () => host.destroy()).pipe(host);
  host.on('error', () => client.destroy()).pipe(client);
}).listen(${port}, '127.0.0.1');
`;

function proxies({ cli, envoyBin }: TcpOptions): ProxyUnderTest[] {
  return [
    {
      name: 'bare relay',
      command(folder, port, upstream) {
        writeFileSync(join(folder, 'relay.cjs'), bareRelay(port, upstream));
        return [process.execPath, ['relay.cjs']];
      },
    },
    {
      name: 'envoy3',
      command(folder, port, upstream) {
        writeFileSync(join(folder, 'envoy3.yaml'), bootstrap(port, upstream));
        return [process.execPath, [cli, 'serve', '-c', 'envoy3.yaml', '--no-watch', '-l', 'error']];
      },
    },
    {
      name: 'real Envoy',
      command(folder, port, upstream) {
        if (envoyBin === undefined) return undefined;
        writeFileSync(join(folder, 'envoy.yaml'), bootstrap(port, upstream));
        return [envoyBin, ['-c', 'envoy.yaml', '--concurrency', '1', '--use-dynamic-base-id', '-l', 'error']];
      },
    },
    {
      name: 'HAProxy',
      command(folder, port, upstream) {
        if (!isInstalled('haproxy')) return undefined;
        const text = `global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen l
  bind 127.0.0.1:${port}
  server s 127.0.0.1:${upstream}
`;
        writeFileSync(join(folder, 'haproxy.cfg'), text);
        return ['haproxy', ['-db', '-f', 'haproxy.cfg']];
      },
    },
    {
      name: 'nginx stream',
      command(folder, port, upstream) {
        if (!isInstalled('nginx')) return undefined;
        const module = '/usr/lib/nginx/modules/ngx_stream_module.so';
        const text = `load_module ${module};
worker_processes 1; daemon off; pid nginx.pid; error_log stderr warn;
events { worker_connections 4096; }
stream { server { listen 127.0.0.1:${port}; proxy_pass 127.0.0.1:${upstream}; tcp_nodelay on; } }
`;
        writeFileSync(join(folder, 'nginx.conf'), text);
        return ['nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')]];
      },
    },
  ];
}

function echoServer(): Promise<{ server: Server; port: number }> {
  return new Promise((done) => {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('data', (chunk: Buffer) => void socket.write(chunk));
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1', 512, () => {
      done({ server, port: (server.address() as { port: number }).port });
    });
  });
}

/** @returns microseconds of CPU of the proxy per message of that size, there and back */
async function load(port: number, pid: number, octets: number, options: TcpOptions): Promise<number> {
  const message = Buffer.alloc(octets, 'x');
  const sockets: Socket[] = [];
  let messages = 0;
  await Promise.all(
    Array.from({ length: options.connections }, () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      sockets.push(socket);
      socket.on('error', () => undefined);
      return new Promise((done) => socket.once('connect', done));
    }),
  );
  const before = cpuMicroseconds(pid);
  for (const socket of sockets) {
    let missing = octets;
    socket.on('data', (chunk: Buffer) => {
      missing -= chunk.length;
      if (missing > 0) return;
      messages++;
      missing = octets;
      socket.write(message);
    });
    socket.write(message);
  }
  await new Promise((done) => setTimeout(done, options.seconds * 1000));
  const spent = cpuMicroseconds(pid) - before;
  for (const socket of sockets) socket.destroy();
  return spent / Math.max(1, messages);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Prints a table. */
export async function benchTcp(options: TcpOptions, print: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-bench-'));
  const running: Running[] = [];
  const { port: upstream, server } = await echoServer();
  try {
    const tested: { name: string; port: number; pid: number; small: number[]; bulk: number[] }[] = [];
    for (const proxy of proxies(options)) {
      const port = await freePort();
      const command = proxy.command(folder, port, upstream);
      if (command === undefined) {
        print(`  ${proxy.name}: not installed, left out`);
        continue;
      }
      const process = start(proxy.name.replace(' ', '-'), command[0], command[1], folder);
      running.push(process);
      try {
        await waitForPort(port, proxy.name);
        tested.push({ name: proxy.name, port, pid: process.pid, small: [], bulk: [] });
      } catch {
        print(`  ${proxy.name}: does not start here, left out`);
      }
    }
    for (const { pid, port } of tested) await load(port, pid, messageOctets, { ...options, seconds: 1 });
    for (let round = 0; round < options.rounds; round++) {
      for (const one of tested) {
        one.small.push(await load(one.port, one.pid, messageOctets, options));
        one.bulk.push(await load(one.port, one.pid, bulkOctets, { ...options, connections: 4 }));
      }
    }
    const bare = tested.find(({ name }) => name === 'bare relay');
    print(
      `TCP, ${options.connections} connections, messages of ${messageOctets} octets there and back, bulk of ${bulkOctets} on 4, median of ${options.rounds} rounds of ${options.seconds} s`,
    );
    print('  proxy         CPU us/message   ratio to bare relay   CPU us/MiB   ratio');
    for (const { bulk, name, small } of tested) {
      const perMessage = median(small);
      const perMiB = median(bulk) * ((1024 * 1024) / bulkOctets / 2);
      const bareMiB = median(bare?.bulk ?? []) * ((1024 * 1024) / bulkOctets / 2);
      print(
        `  ${name.padEnd(13)} ${perMessage.toFixed(1).padStart(14)} ${(perMessage / median(bare?.small ?? [])).toFixed(2).padStart(21)} ${perMiB.toFixed(0).padStart(12)} ${(perMiB / bareMiB).toFixed(2).padStart(7)}`,
      );
    }
  } finally {
    for (const process of running.reverse()) await stop(process);
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
