/**
 * DNS answers beside dnsmasq, CoreDNS and real Consul, those that are there, in one run: CPU time of the server per
 * question, and questions per second. `dnsperf` asks when it is installed, else a process of our own. A registration,
 * durable, and a look-up over HTTP follow.
 *
 * `CONSUL_BIN` names a Consul agent (run as `CONSUL_BIN agent ...`), `COREDNS_BIN` CoreDNS.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Running } from './processes.js';
import { cpuMicroseconds, freePort, isInstalled, start, stop, waitForPort } from './processes.js';

export interface DiscoveryBenchOptions {
  readonly cli: string;
  readonly seconds: number;
  readonly rounds: number;
}

interface Server {
  readonly name: string;
  readonly running: Running;
  readonly dnsPort: number;
  readonly httpPort: number | undefined;
  /** Name of a service in its zone. */
  readonly nameOf: (service: string) => string;
}

interface Load {
  readonly what: string;
  readonly service: string;
  readonly type: 'A' | 'SRV';
  readonly edns: number | undefined;
}

const instanceCounts = [1, 3, 10];
const loads: readonly Load[] = [
  { what: 'A, 3 instances', service: 's3', type: 'A', edns: undefined },
  { what: 'A, 10 instances, EDNS 1232', service: 's10', type: 'A', edns: 1232 },
  { what: 'no such name', service: 'nobody', type: 'A', edns: undefined },
  { what: 'SRV, 10 instances, EDNS 4096', service: 's10', type: 'SRV', edns: 4096 },
];

const keepAlive = new Agent({ keepAlive: true, maxSockets: 8 });

function call(port: number, method: string, path: string, body?: unknown): Promise<number> {
  return new Promise((done, fail) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, agent: keepAlive }, (response) => {
      response.resume();
      response.on('end', () => done(response.statusCode ?? 0));
    });
    request.on('error', fail);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function registerAll(port: number, extraServices: number): Promise<void> {
  for (const count of instanceCounts) {
    for (let n = 1; n <= count; n++) {
      const body = { ID: `s${count}-${n}`, Name: `s${count}`, Address: `10.0.${count}.${n}`, Port: 9000 + n };
      const status = await call(port, 'PUT', '/v1/agent/service/register', body);
      if (status !== 200) throw new Error(`a registration was answered with ${status}`);
    }
  }
  for (let n = 0; n < extraServices; n++) {
    await call(port, 'PUT', '/v1/agent/service/register', {
      Name: `extra${n}`,
      Address: '10.9.0.1',
      Port: 1,
    });
  }
}

async function startOurs(options: DiscoveryBenchOptions, folder: string, extra: number): Promise<Server> {
  const [dnsPort, httpPort] = [await freePort(), await freePort()];
  const args = ['discovery', '--http-port', `${httpPort}`, '--dns-port', `${dnsPort}`];
  const data = join(folder, `data-${extra}`);
  const name = extra === 0 ? 'envoy3' : `envoy3, ${extra} other services`;
  const running = start(
    `envoy3-${extra}`,
    process.execPath,
    [options.cli, ...args, '--data-dir', data],
    folder,
  );
  await waitForPort(httpPort, 'envoy3 discovery');
  await registerAll(httpPort, extra);
  return { name, running, dnsPort, httpPort, nameOf: (service) => `${service}.service.consul` };
}

async function startConsul(folder: string): Promise<Server | undefined> {
  const binary = process.env.CONSUL_BIN;
  if (binary === undefined) return undefined;
  const [dnsPort, httpPort, serf, wan, rpc] = await Promise.all([1, 2, 3, 4, 5].map(freePort));
  const config = {
    server: true,
    bootstrap_expect: 1,
    node_name: 'node1',
    bind_addr: '127.0.0.1',
    client_addr: '127.0.0.1',
    disable_update_check: true,
    performance: { raft_multiplier: 1 },
    log_level: 'error',
    data_dir: join(folder, 'consul'),
    ports: {
      http: httpPort,
      dns: dnsPort,
      grpc: -1,
      grpc_tls: -1,
      serf_lan: serf,
      serf_wan: wan,
      server: rpc,
    },
  };
  writeFileSync(join(folder, 'consul.json'), JSON.stringify(config));
  const running = start('consul', binary, ['agent', '-config-file', join(folder, 'consul.json')], folder);
  await waitForPort(httpPort as number, 'consul');
  // A leader is there some seconds after the port.
  for (let turn = 0; turn < 100; turn++) {
    if ((await call(httpPort as number, 'PUT', '/v1/kv/ready')) === 200) break;
    await new Promise((done) => setTimeout(done, 200));
  }
  await registerAll(httpPort as number, 0);
  return {
    name: 'Consul',
    running,
    dnsPort: dnsPort as number,
    httpPort: httpPort as number,
    nameOf: (service) => `${service}.service.consul`,
  };
}

async function startDnsmasq(folder: string): Promise<Server | undefined> {
  if (!isInstalled('dnsmasq')) return undefined;
  const dnsPort = await freePort();
  const lines = ['no-resolv', 'no-hosts', 'bind-interfaces', 'listen-address=127.0.0.1', `port=${dnsPort}`];
  lines.push('local=/consul/', 'user=root', 'cache-size=0');
  for (const count of instanceCounts) {
    for (let n = 1; n <= count; n++) {
      lines.push(`host-record=s${count}.service.consul,10.0.${count}.${n}`);
      lines.push(`srv-host=s${count}.service.consul,i${n}.consul,${9000 + n}`);
    }
  }
  writeFileSync(join(folder, 'dnsmasq.conf'), `${lines.join('\n')}\n`);
  const running = start('dnsmasq', 'dnsmasq', ['-k', '-C', join(folder, 'dnsmasq.conf')], folder);
  await waitForPort(dnsPort, 'dnsmasq');
  return {
    name: 'dnsmasq',
    running,
    dnsPort,
    httpPort: undefined,
    nameOf: (service) => `${service}.service.consul`,
  };
}

async function startCoreDns(folder: string): Promise<Server | undefined> {
  const binary = process.env.COREDNS_BIN;
  if (binary === undefined) return undefined;
  const dnsPort = await freePort();
  const zone = [
    '$ORIGIN service.consul.',
    '@ 0 IN SOA ns hostmaster 1 3600 600 86400 0',
    '@ 0 IN NS ns',
    'ns 0 IN A 127.0.0.1',
  ];
  for (const count of instanceCounts) {
    for (let n = 1; n <= count; n++) {
      zone.push(`s${count} 0 IN A 10.0.${count}.${n}`, `s${count} 0 IN SRV 1 1 ${9000 + n} i${n}`);
    }
  }
  writeFileSync(join(folder, 'zone'), `${zone.join('\n')}\n`);
  writeFileSync(
    join(folder, 'Corefile'),
    `service.consul:${dnsPort} {\n bind 127.0.0.1\n file ${join(folder, 'zone')}\n loadbalance\n}\n`,
  );
  const running = start('coredns', binary, ['-conf', join(folder, 'Corefile')], folder);
  await waitForPort(dnsPort, 'coredns');
  return {
    name: 'CoreDNS',
    running,
    dnsPort,
    httpPort: undefined,
    nameOf: (service) => `${service}.service.consul`,
  };
}

/** @returns questions answered */
function ask(server: Server, load: Load, seconds: number, folder: string): Promise<number> {
  const name = server.nameOf(load.service);
  if (isInstalled('dnsperf')) {
    const file = join(folder, 'queries');
    writeFileSync(file, `${name} ${load.type}\n`);
    // Its EDNS has one size, 4096, and takes the smaller answers as well.
    const edns = load.edns === undefined ? [] : ['-e'];
    const args = ['-s', '127.0.0.1', '-p', `${server.dnsPort}`, '-d', file, '-l', `${seconds}`];
    args.push('-c', '4', '-q', '32', ...edns);
    const child = spawn('dnsperf', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    return new Promise((done) => {
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      child.on('close', () => done(Number(/Queries completed:\s+(\d+)/.exec(text)?.[1] ?? 0)));
    });
  }
  const loader = fileURLToPath(new URL('./dns-load.js', import.meta.url));
  const output = execFileSync(
    process.execPath,
    [loader, `${server.dnsPort}`, name, load.type, `${load.edns ?? 0}`, `${seconds}`],
    { encoding: 'utf8' },
  );
  return Promise.resolve(Number(output.trim()));
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1] ?? 0;
}

interface Measured {
  /** Microseconds of CPU for one. */
  readonly cpu: number;
  readonly perSecond: number;
}

async function measure(
  pid: number,
  rounds: number,
  once: () => Promise<{ count: number; seconds: number }>,
): Promise<Measured> {
  const cpu: number[] = [];
  const perSecond: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = cpuMicroseconds(pid);
    const { count, seconds } = await once();
    cpu.push((cpuMicroseconds(pid) - before) / count);
    perSecond.push(count / seconds);
  }
  return { cpu: median(cpu), perSecond: median(perSecond) };
}

/** Calls on eight connections for some time. */
async function callFor(
  seconds: number,
  one: (turn: number) => Promise<unknown>,
): Promise<{ count: number; seconds: number }> {
  const started = performance.now();
  const end = started + seconds * 1000;
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) await one(count++);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return { count, seconds: (performance.now() - started) / 1000 };
}

const calls: readonly (readonly [what: string, one: (port: number) => (turn: number) => Promise<unknown>])[] =
  [
    ['GET health/service, 10 instances', (port) => () => call(port, 'GET', '/v1/health/service/s10?passing')],
    [
      'PUT register with a TTL check, on disk',
      (port) => (turn) =>
        call(port, 'PUT', '/v1/agent/service/register', {
          ID: `w${turn % 200}`,
          Name: 'written',
          Address: '10.1.0.1',
          Port: turn % 60_000,
          Check: { TTL: '1h', Status: 'passing' },
        }),
    ],
  ];

/** @param print takes lines of a table */
export async function benchDiscovery(
  options: DiscoveryBenchOptions,
  print: (line: string) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-bench-'));
  const servers: Server[] = [];
  try {
    servers.push(await startOurs(options, folder, 0), await startOurs(options, folder, 10_000));
    for (const one of [await startConsul(folder), await startDnsmasq(folder), await startCoreDns(folder)]) {
      if (one !== undefined) servers.push(one);
    }
    const row = (name: string, { cpu, perSecond }: Measured, ratio: string): void =>
      print(
        `  ${name.padEnd(30)}${cpu.toFixed(1).padStart(9)} us${Math.round(perSecond).toString().padStart(9)}/s${ratio}`,
      );
    const table = async (
      what: string,
      asked: readonly Server[],
      one: (server: Server) => Promise<Measured>,
    ) => {
      print(what);
      const consul = asked.find(({ name }) => name === 'Consul');
      const base = consul === undefined ? undefined : (await one(consul)).cpu;
      for (const server of asked) {
        const measured = await one(server);
        row(
          server.name,
          measured,
          base === undefined ? '' : `   ${(measured.cpu / base).toFixed(2)} of Consul`,
        );
      }
    };
    for (const load of loads) {
      await table(load.what, servers, (server) =>
        measure(server.running.pid, options.rounds, async () => ({
          count: await ask(server, load, options.seconds, folder),
          seconds: options.seconds,
        })),
      );
    }
    const withHttp = servers.filter(
      ({ httpPort, name }) => httpPort !== undefined && !name.includes('other'),
    );
    for (const [what, one] of calls) {
      await table(what, withHttp, (server) =>
        measure(server.running.pid, options.rounds, () =>
          callFor(options.seconds, one(server.httpPort as number)),
        ),
      );
    }
  } finally {
    keepAlive.destroy();
    for (const { running } of servers) await stop(running);
    rmSync(folder, { recursive: true, force: true });
  }
}
