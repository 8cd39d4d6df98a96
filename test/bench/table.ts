/**
 * `npm run bench -- table`: the whole table of the data plane beside real Envoy, nginx and HAProxy, each row with several
 * rounds interleaved so that the noise of the machine falls on all of them; memory, and the slowest of a hundred requests at
 * half of what Envoy can do. Written to `RESULTS.md` as well.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from 'selfsigned';
import type { Running } from './processes.js';
import { cpuMicroseconds, freePort, isInstalled, start, stop, waitForPort } from './processes.js';
import type { ProxyWork } from './proxies.js';
import { http1Work, nginxUpstream, proxiesUnderTest } from './proxies.js';
import type { TableRow } from './table-rows.js';
import { tableRows } from './table-rows.js';

export interface TableOptions {
  readonly envoyBin: string | undefined;
  readonly cli: string;
  readonly seconds: number;
  readonly rounds: number;
  /** Where the results are written. */
  readonly file: string;
  /** Rows to run, by their ids; default all. */
  readonly only?: readonly string[];
}

interface Sample {
  readonly microseconds: number;
  readonly rate: number;
  readonly errors: number;
}

interface Proxy {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
}

const number = (pattern: RegExp, text: string): number => Number(pattern.exec(text)?.[1] ?? 0);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function commandOf(
  { args, connections, path, scheme, tool }: TableRow,
  port: number | 'PORT',
  seconds: number,
): string[] {
  const url = `${scheme}://127.0.0.1:${port}${path}`;
  return tool === 'wrk'
    ? ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, ...args, url]
    : ['h2load', '-D', String(seconds), '-c', String(connections), ...args, url];
}

function load(row: TableRow, folder: string, { pid, port }: Proxy, seconds: number): Sample {
  const before = cpuMicroseconds(pid);
  const command = commandOf(row, port, seconds);
  const output = execFileSync('timeout', ['-k', '5', String(seconds + 10), ...command], {
    encoding: 'utf8',
    cwd: folder,
  });
  const spent = cpuMicroseconds(pid) - before;
  const isWrk = row.tool === 'wrk';
  const requests = number(isWrk ? /(\d+) requests in/ : /(\d+) succeeded/, output);
  const failed = isWrk
    ? [...output.matchAll(/(?:connect|read|write|timeout) (\d+)/g)].reduce(
        (sum, match) => sum + Number(match[1]),
        number(/Non-2xx or 3xx responses: (\d+)/, output),
      )
    : number(/(\d+) failed/, output);
  return {
    microseconds: spent / Math.max(1, requests),
    rate: number(isWrk ? /Requests\/sec:\s+([\d.]+)/ : /, ([\d.]+) req\/s/, output),
    errors: failed,
  };
}

/** Resident memory of a process and its children, in MB. */
function residentMb(pid: number): number {
  const own = number(/VmRSS:\s+(\d+)/, readFileSync(`/proc/${pid}/status`, 'utf8')) / 1024;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === ''
    ? own
    : own + children.split(' ').reduce((sum, child) => sum + residentMb(Number(child)), 0);
}

/** The folder with the upstream in it, and everything ended afterwards. */
async function withUpstream<T>(
  kind: TableRow['upstream'],
  use: (folder: string, upstream: number, running: Running[]) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-bench-'));
  // The workers of nginx are somebody else.
  chmodSync(folder, 0o755);
  const running: Running[] = [];
  try {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'bench' }], {
      keyType: 'ec',
      algorithm: 'sha256',
    });
    writeFileSync(join(folder, 'bench.crt'), cert);
    writeFileSync(join(folder, 'bench.key'), key);
    writeFileSync(join(folder, 'bench.pem'), `${cert}\n${key}`);
    // Of a gRPC message: five octets before it.
    writeFileSync(join(folder, 'message'), Buffer.alloc(20));
    writeFileSync(join(folder, 'file'), Buffer.alloc(1024 * 1024, 'x'));
    const upstream = await freePort();
    if (kind === 'streaming') {
      const script = fileURLToPath(new URL('streaming-upstream.js', import.meta.url));
      running.push(start('upstream', process.execPath, [script, String(upstream)], folder));
    } else {
      const conf = join(folder, 'upstream.conf');
      writeFileSync(conf, nginxUpstream(upstream, kind === 'http2' ? ' http2' : ''));
      running.push(start('upstream', 'nginx', ['-p', folder, '-e', 'stderr', '-c', conf], folder));
    }
    await waitForPort(upstream, 'the upstream');
    return await use(folder, upstream, running);
  } finally {
    for (const process of running.reverse()) await stop(process);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startProxies(
  options: TableOptions,
  work: ProxyWork,
  folder: string,
  upstream: number,
  running: Running[],
): Promise<Proxy[]> {
  const proxies: Proxy[] = [];
  for (const proxy of proxiesUnderTest(options.envoyBin, options.cli, isInstalled, work)) {
    const port = await freePort();
    const command = proxy.command(folder, port, upstream);
    if (command === undefined) continue;
    const process = start(proxy.name.replace(' ', '-'), command[0], command[1], folder);
    running.push(process);
    await waitForPort(port, proxy.name);
    proxies.push({ name: proxy.name, port, pid: process.pid });
  }
  return proxies;
}

function runRow(row: TableRow, options: TableOptions): Promise<ReadonlyMap<string, readonly Sample[]>> {
  return withUpstream(row.upstream, async (folder, upstream, running) => {
    const proxies = await startProxies(options, row.work, folder, upstream, running);
    const samples = new Map<string, Sample[]>(proxies.map(({ name }) => [name, []]));
    for (const proxy of proxies) load(row, folder, proxy, 2);
    for (let round = 0; round < options.rounds; round++) {
      for (const proxy of proxies) samples.get(proxy.name)?.push(load(row, folder, proxy, options.seconds));
    }
    return samples;
  });
}

function open(port: number, count: number): Promise<Socket[]> {
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((done, fail) => {
          const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'));
          socket.once('data', () => done(socket)).once('error', fail);
        }),
    ),
  );
}

/** Memory without a connection, and with a thousand that have had an answer each. */
function runMemory(options: TableOptions): Promise<string[]> {
  return withUpstream(undefined, async (folder, upstream, running) => {
    const lines: string[] = [];
    for (const { name, pid, port } of await startProxies(options, http1Work, folder, upstream, running)) {
      const idle = residentMb(pid);
      const sockets = await open(port, 1000);
      const busy = residentMb(pid);
      for (const socket of sockets) socket.destroy();
      lines.push(`| ${name} | ${idle.toFixed(0)} MB | ${busy.toFixed(0)} MB |`);
    }
    return lines;
  });
}

/** The time that 99 of 100 requests stay below, at half of what real Envoy can do. Microseconds. */
function runLatency(options: TableOptions, saturation: number): Promise<string[]> {
  return withUpstream(undefined, async (folder, upstream, running) => {
    const proxies = await startProxies(options, http1Work, folder, upstream, running);
    const clients = 32;
    const perClient = Math.max(1, Math.round(saturation / 2 / clients));
    const times = new Map<string, number[]>(proxies.map(({ name }) => [name, []]));
    for (let round = 0; round < options.rounds; round++) {
      for (const { name, port } of proxies) {
        rmSync(join(folder, 'times'), { force: true });
        const args = [
          '--h1',
          '-c',
          String(clients),
          '-D',
          String(options.seconds),
          '--rps',
          String(perClient),
        ];
        const command = ['h2load', ...args, '--log-file', 'times', `http://127.0.0.1:${port}/`];
        execFileSync('timeout', ['-k', '5', String(options.seconds + 10), ...command], {
          cwd: folder,
          stdio: 'ignore',
        });
        const all = readFileSync(join(folder, 'times'), 'utf8')
          .split('\n')
          .flatMap((line) => (line === '' ? [] : [Number(line.split('\t')[2])]))
          .sort((a, b) => a - b);
        times.get(name)?.push(all[Math.floor(all.length * 0.99)] ?? Number.NaN);
      }
    }
    const envoy = median(times.get('real Envoy') ?? []);
    return [...times].map(([name, values]) => {
      const value = median(values);
      return `| ${name} | ${value.toFixed(0)} us | ${Number.isNaN(envoy) ? '-' : (value / envoy).toFixed(2)} |`;
    });
  });
}

function versionOf(command: string, args: readonly string[], pattern: RegExp): string {
  try {
    // Some say it on standard error.
    const output = execFileSync('sh', ['-c', `${command} ${args.join(' ')} 2>&1`], { encoding: 'utf8' });
    return pattern.exec(output)?.[1] ?? 'unknown';
  } catch {
    return 'absent';
  }
}

function machine(options: TableOptions): string {
  const envoy =
    options.envoyBin === undefined
      ? 'absent'
      : versionOf(options.envoyBin, ['--version'], /\/(\d+\.\d+\.\d+)/);
  return [
    `Node ${process.versions.node}, real Envoy ${envoy}`,
    `nginx ${versionOf('nginx', ['-v'], /nginx\/([\d.]+)/)}, HAProxy ${versionOf('haproxy', ['-v'], /version ([\d.]+)/)}`,
    `Linux ${release()}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'})`,
  ].join('; ');
}

/** Prints each row when it is there, and writes all of them at the end. */
export async function benchTable(options: TableOptions, print: (line: string) => void): Promise<void> {
  for (const command of ['wrk', 'h2load', 'nginx']) {
    if (isInstalled(command)) continue;
    print(`the table: NOT RUN, ${command} is missing`);
    return;
  }
  const out: string[] = [];
  const tell = (line: string): void => {
    out.push(line);
    print(line);
  };
  tell('# Results');
  tell('');
  tell(
    'Made by `npm run bench -- table`: CPU time of the proxy for one request, user and system, from /proc.',
  );
  tell(`Median of ${options.rounds} rounds of ${options.seconds} s, all proxies in turn, one worker each.`);
  tell('');
  tell(machine(options));
  tell('');
  tell('| work | envoy3 | real Envoy | nginx | HAProxy | ratio to Envoy | at most | |');
  tell('| --- | --: | --: | --: | --: | --: | --: | --- |');
  let saturation = 0;
  const commands: string[] = [];
  for (const row of tableRows.filter(({ id }) => options.only?.includes(id) ?? true)) {
    const samples = await runRow(row, options);
    const cost = (name: string): number => median(samples.get(name)?.map((one) => one.microseconds) ?? []);
    const shown = (name: string): string => (samples.has(name) ? `${cost(name).toFixed(1)} us` : '-');
    const ratio = cost('envoy3') / cost('real Envoy');
    const errors = [...samples].flatMap(([name, all]) => {
      const count = all.reduce((sum, one) => sum + one.errors, 0);
      return count === 0 ? [] : [`${name}: ${count} errors`];
    });
    const verdict = Number.isNaN(ratio) ? '' : ratio <= row.goal ? 'met' : '**missed**';
    const names = ['envoy3', 'real Envoy', 'nginx', 'HAProxy'].map(shown).join(' | ');
    const note = [verdict, ...errors].join(', ');
    tell(`| ${row.title} | ${names} | ${ratio.toFixed(2)} | ${row.goal.toFixed(2)} | ${note} |`);
    if (row.id === 'http1') saturation = median(samples.get('real Envoy')?.map(({ rate }) => rate) ?? []);
    commands.push(`- ${row.title}: \`${commandOf(row, 'PORT', options.seconds).join(' ')}\``);
  }
  tell('');
  tell('| resident memory, one worker | idle | 1,000 connections |');
  tell('| --- | --: | --: |');
  for (const line of await runMemory(options)) tell(line);
  if (saturation > 0) {
    tell('');
    tell('| 99 of 100 requests, at half of what real Envoy can do | within | ratio to Envoy |');
    tell('| --- | --: | --: |');
    for (const line of await runLatency(options, saturation)) tell(line);
  }
  tell('');
  tell('Commands:');
  tell('');
  for (const line of commands) tell(line);
  writeFileSync(options.file, `${out.join('\n')}\n`);
}
