/**
 * HTTP/1.1 keep-alive through each proxy in turn, several rounds interleaved so that the noise of the machine falls on
 * all of them: CPU time of the proxy per request, and its ratio to real Envoy's.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from './processes.js';
import { cpuMicroseconds, freePort, isInstalled, start, stop, waitForPort } from './processes.js';
import { nginxUpstream, proxiesUnderTest } from './proxies.js';

export interface Http1Options {
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

function load(port: number, pid: number, options: Http1Options): Sample {
  const before = cpuMicroseconds(pid);
  const output = execFileSync(
    'timeout',
    [
      '-k',
      '5',
      String(options.seconds + 10),
      'wrk',
      '-t1',
      `-c${options.connections}`,
      `-d${options.seconds}s`,
      `http://127.0.0.1:${port}/`,
    ],
    { encoding: 'utf8' },
  );
  const spent = cpuMicroseconds(pid) - before;
  const requests = Number(/(\d+) requests in/.exec(output)?.[1] ?? 0);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1] ?? 0);
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  const socket = [.../(?:connect|read|write|timeout) (\d+)/g[Symbol.matchAll](output)].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );
  return { microseconds: spent / Math.max(1, requests), requestsPerSecond: rate, errors: bad + socket };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Prints a table. */
export async function benchHttp1(options: Http1Options, print: (line: string) => void): Promise<void> {
  for (const command of ['wrk', 'nginx']) {
    if (!isInstalled(command)) {
      print(`HTTP/1.1: NOT RUN, ${command} is missing (apt-get install ${command})`);
      return;
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-bench-'));
  const running: Running[] = [];
  try {
    const upstream = await freePort();
    writeFileSync(join(folder, 'upstream.conf'), nginxUpstream(upstream));
    running.push(
      start('upstream', 'nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'upstream.conf')], folder),
    );
    await waitForPort(upstream, 'the upstream');
    const proxies: { name: string; port: number; pid: number; samples: Sample[] }[] = [];
    for (const proxy of proxiesUnderTest(options.envoyBin, options.cli, isInstalled)) {
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
    for (const proxy of proxies) load(proxy.port, proxy.pid, { ...options, seconds: 2 });
    for (let round = 0; round < options.rounds; round++) {
      for (const proxy of proxies) proxy.samples.push(load(proxy.port, proxy.pid, options));
    }
    const cost = (name: string) =>
      median(
        proxies.find((proxy) => proxy.name === name)?.samples.map((sample) => sample.microseconds) ?? [],
      );
    const envoy = cost('real Envoy');
    print(
      `HTTP/1.1 keep-alive, ${options.connections} connections, median of ${options.rounds} rounds of ${options.seconds} s`,
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
