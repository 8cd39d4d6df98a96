/**
 * HTTP/1.1 keep-alive, and small gRPC calls, through each proxy in turn, several rounds interleaved so that the noise of the
 * machine falls on all of them: CPU time of the proxy per request, and its ratio to real Envoy's.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from './processes.js';
import { cpuMicroseconds, freePort, isInstalled, start, stop, waitForPort } from './processes.js';
import type { ProxyWork } from './proxies.js';
import { grpcWork, http1Work, nginxUpstream, proxiesUnderTest } from './proxies.js';

export interface HttpOptions {
  readonly envoyBin: string | undefined;
  /** Path of `cli/envoy3.mjs`. */
  readonly cli: string;
  /** Seconds of load per proxy and round. */
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
}

interface Sample {
  readonly microseconds: number;
  readonly requestsPerSecond: number;
  readonly errors: number;
}

/** One kind of load. */
interface Load {
  readonly title: string;
  /** Command that makes it, and that has to be installed. */
  readonly tool: string;
  readonly work: ProxyWork;
  /** Of nginx' `listen`. */
  readonly upstream: string;
  readonly args: (port: number, options: HttpOptions) => readonly string[];
  readonly read: (output: string) => {
    readonly requests: number;
    readonly rate: number;
    readonly errors: number;
  };
}

const number = (pattern: RegExp, text: string): number => Number(pattern.exec(text)?.[1] ?? 0);

const http1: Load = {
  title: 'HTTP/1.1 keep-alive',
  tool: 'wrk',
  work: http1Work,
  upstream: '',
  args: (port, { connections, seconds }) => [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    `http://127.0.0.1:${port}/`,
  ],
  read: (output) => ({
    requests: number(/(\d+) requests in/, output),
    rate: number(/Requests\/sec:\s+([\d.]+)/, output),
    errors: [.../(?:connect|read|write|timeout) (\d+)/g[Symbol.matchAll](output)].reduce(
      (sum, match) => sum + Number(match[1]),
      number(/Non-2xx or 3xx responses: (\d+)/, output),
    ),
  }),
};

const grpc: Load = {
  title: 'gRPC unary over HTTP/2, 16 streams each',
  tool: 'h2load',
  work: grpcWork,
  upstream: ' http2',
  args: (port, { connections, seconds }) => [
    ...['-D', String(seconds), '-c', String(connections), '-m', '16', '-d', 'message'],
    ...['-H', 'content-type: application/grpc', '-H', 'te: trailers', `http://127.0.0.1:${port}/svc/Method`],
  ],
  read: (output) => ({
    requests: number(/(\d+) succeeded/, output),
    rate: number(/, ([\d.]+) req\/s/, output),
    errors: number(/(\d+) failed/, output),
  }),
};

function load(kind: Load, folder: string, port: number, pid: number, options: HttpOptions): Sample {
  const before = cpuMicroseconds(pid);
  const args = ['-k', '5', String(options.seconds + 10), kind.tool, ...kind.args(port, options)];
  const output = execFileSync('timeout', args, { encoding: 'utf8', cwd: folder });
  const spent = cpuMicroseconds(pid) - before;
  const { errors, rate, requests } = kind.read(output);
  return { microseconds: spent / Math.max(1, requests), requestsPerSecond: rate, errors };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Prints a table. */
export function benchHttp1(options: HttpOptions, print: (line: string) => void): Promise<void> {
  return bench(http1, options, print);
}

/** Prints a table. */
export function benchGrpc(options: HttpOptions, print: (line: string) => void): Promise<void> {
  return bench(grpc, options, print);
}

async function bench(kind: Load, options: HttpOptions, print: (line: string) => void): Promise<void> {
  for (const command of [kind.tool, 'nginx']) {
    if (!isInstalled(command)) {
      print(`${kind.title}: NOT RUN, ${command} is missing`);
      return;
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-bench-'));
  const running: Running[] = [];
  try {
    // Of a gRPC message: five octets before it.
    writeFileSync(join(folder, 'message'), Buffer.alloc(20));
    const upstream = await freePort();
    writeFileSync(join(folder, 'upstream.conf'), nginxUpstream(upstream, kind.upstream));
    running.push(
      start('upstream', 'nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'upstream.conf')], folder),
    );
    await waitForPort(upstream, 'the upstream');
    const proxies: { name: string; port: number; pid: number; samples: Sample[] }[] = [];
    for (const proxy of proxiesUnderTest(options.envoyBin, options.cli, isInstalled, kind.work)) {
      const port = await freePort();
      const command = proxy.command(folder, port, upstream);
      if (command === undefined) {
        print(`  ${proxy.name}: not installed, left out`);
        continue;
      }
      const process = start(proxy.name.replace(' ', '-'), command[0], command[1], folder);
      running.push(process);
      await waitForPort(port, proxy.name);
      proxies.push({ name: proxy.name, port, pid: process.pid, samples: [] });
    }
    for (const proxy of proxies) load(kind, folder, proxy.port, proxy.pid, { ...options, seconds: 2 });
    for (let round = 0; round < options.rounds; round++) {
      for (const proxy of proxies) proxy.samples.push(load(kind, folder, proxy.port, proxy.pid, options));
    }
    const cost = (name: string) =>
      median(
        proxies.find((proxy) => proxy.name === name)?.samples.map((sample) => sample.microseconds) ?? [],
      );
    const envoy = cost('real Envoy');
    print(
      `${kind.title}, ${options.connections} connections, median of ${options.rounds} rounds of ${options.seconds} s`,
    );
    print('  proxy        CPU us/request   ratio to Envoy   requests/s   errors');
    for (const { name, samples } of proxies) {
      const micros = cost(name);
      const ratio = Number.isNaN(envoy) ? '-' : (micros / envoy).toFixed(2);
      const rate = median(samples.map((sample) => sample.requestsPerSecond)).toFixed(0);
      const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
      print(
        `  ${name.padEnd(12)} ${micros.toFixed(1).padStart(14)} ${ratio.padStart(16)} ${rate.padStart(12)} ${String(errors).padStart(8)}`,
      );
    }
  } finally {
    for (const process of running.reverse()) await stop(process);
    rmSync(folder, { recursive: true, force: true });
  }
}
