/**
 * The consul-mesh project on real Envoy and on the bundled runtime, before the same discovery and the same services: each
 * request of `consul-mesh-requests.ts` to both, and answers, access log lines, statistics, what goes to statsd, hosts and
 * health events compared. Then what neither may do otherwise: sixty hosts in one DNS answer, one call in ten to green. At
 * last the README of the project, run to the letter on real Envoy (`npm test` does it on the bundled runtime).
 */
import { reservePort } from '../support/port-block.js';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../bench/processes.js';
import { start, stop } from '../bench/processes.js';
import { askMesh, hello, meshRequests } from './consul-mesh-requests.js';

interface Context {
  readonly envoyBin: string;
  readonly root: string;
}

interface Observed {
  readonly answers: readonly string[];
  readonly log: readonly string[];
  readonly stats: readonly string[];
  readonly statNames: readonly string[];
  readonly statsdNames: readonly string[];
  readonly hosts: readonly string[];
  readonly events: readonly string[];
  /** Of 400 calls to `payments`. */
  readonly green: number;
}

const engines = ['envoy', 'envoy3'] as const;
const services = { orders: 3, users: 3, payments: 3, 'users-green': 2, 'payments-green': 2 } as const;
/** `users` is released to green, `payments` has a canary, `orders` has no release. */
const release = { users: 100, payments: 10 };

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await isSo().catch(() => false)) return;
    await pause(50);
  }
  throw new Error(`${what}: this did not come about`);
}

const text = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

/** Hosts in rotation: `orders::127.0.1.1:5100`. */
async function healthyHosts(admin: number): Promise<string[]> {
  const found = /^(\S+)::health_flags::healthy$/gm;
  return [...(await text(admin, '/clusters')).matchAll(found)].map(([, host = '']) => host).sort();
}

/** Which of the two took a call to a service with a canary is chance: their names are not equally long. */
function withoutCanary(line: string): string {
  if (/"authority":"payments/.test(line)) return line.replace(/("bytes_sent":)\d+/, '$1N');
  return /payments-/.test(line) ? line.replace(/[\x00-\x20]+/g, ' ') : line;
}

/** Which instance answered, ids, times and ports are those of the run. */
function normalise(line: string): string {
  return withoutCanary(line)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replace(/(["\s]date["\s:]+)[^"\r\n]+/gi, '$1DATE')
    .replace(/(x-envoy-upstream-service-time["\s:]+)\d+/g, '$1N')
    .replace(/\b(orders|users|payments)(?:-green)?-\d+/g, '$1-N')
    .replace(/127\.0\.(\d)\.\d+:\d+/g, '127.0.$1.N')
    .replace(/("upstream_host":"127\.0\.)[36](?=\.N)/g, '$1(3|6)')
    .replace(/("upstream_cluster":"payments)(?:-green)?"/g, '$1"')
    .replace(/("(?:start_time|timestamp)":)"[^"]*"/g, '$1TIME')
    .replace(/("duration_ms":)\d+/g, '$1N');
}

/** What one statistic depends on besides the requests: connections, look-ups, checks, time. */
const variable =
  /health_check|update_|_cx_|bytes|_ms$|_active|pending|assignment|max_|membership_change|total_match_count/;
/** Of parts of Envoy that are not here: traces, its two HTTP/2 libraries, the codec of health checks. */
const elsewhere = /^http\.ingress_http\.tracing\.|\.http2\./;
/** How the calls are shared between a service and its canary is chance. */
const chance = /^cluster\.payments/;

async function statistics(admin: number): Promise<{ stats: string[]; names: string[] }> {
  const all = (await text(admin, '/stats'))
    .split('\n')
    .filter((line) => !/: (?:P0\(|No recorded)/.test(line));
  const mesh = all.filter((line) => /^(?:cluster|http\.ingress_http)\./.test(line)).sort();
  return {
    stats: mesh.filter((line) => !variable.test(line.replace(/: .*/, '')) && !chance.test(line)),
    names: mesh.map((line) => line.replace(/: .*/, '')),
  };
}

export async function run({
  envoyBin,
  root,
}: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-mesh-'));
  const cli = join(root, 'cli', 'envoy3.mjs');
  const running: Running[] = [];
  const lines: string[] = [];
  let [passed, failed] = [0, 0];
  const check = (what: string, isSo: boolean, more = ''): void => {
    if (isSo) passed++;
    else {
      failed++;
      lines.push(`${what}${more}`);
    }
  };
  try {
    const project = join(folder, 'project');
    cpSync(join(root, 'templates', 'projects', 'consul-mesh'), project, { recursive: true });
    writeFileSync(join(project, 'release.json'), JSON.stringify(release));
    const http = await reservePort();
    const dns = await reservePort();
    const env: Record<string, string> = {
      ENVOY3_HOME: root,
      DISCOVERY_HTTP_PORT: String(http),
      DISCOVERY_DNS_PORT: String(dns),
      DISCOVERY_HTTP: `127.0.0.1:${http}`,
      DISCOVERY_DNS: `127.0.0.1:${dns}`,
    };
    for (const name of ['ORDERS', 'USERS', 'PAYMENTS']) env[`${name}_PORT`] = String(await reservePort());
    // The services find each other in the environment, as the project has it.
    Object.assign(process.env, env);
    const flags = ['--http-port', String(http), '--dns-port', String(dns), '--node', 'node-1'];
    running.push(start('discovery', process.execPath, [cli, 'discovery', ...flags], project));
    const serve = (name: string, numbers: string): void => {
      const file = join(project, 'services', 'service.mjs');
      running.push(start(`${name}-${numbers}`, process.execPath, [file, name, numbers], project));
    };
    for (const [name, count] of Object.entries(services)) serve(name, `1-${count}`);
    const { prepareCertificate } = (await import(join(project, 'certificate.mjs'))) as {
      prepareCertificate(folder: string): Promise<void>;
    };
    await prepareCertificate(project);
    const authority = readFileSync(join(project, 'wildcard.crt'));

    const observed: Observed[] = [];
    const admins: number[] = [];
    for (const engine of engines) {
      const own = join(folder, engine);
      mkdirSync(own);
      for (const file of ['wildcard.crt', 'wildcard.key']) cpSync(join(project, file), join(own, file));
      const [mesh, admin] = [await reservePort(), await reservePort()];
      const statsdNames = new Set<string>();
      const statsd = createSocket('udp4').on('message', (datagram) => {
        for (const line of datagram.toString().split('\n')) statsdNames.add(line.replace(/:[^:]*$/, ''));
      });
      await new Promise<void>((done) => statsd.bind(0, '127.0.0.1', done));
      try {
        execFileSync(process.execPath, [cli, 'build', '-o', join(own, 'envoy3.yaml')], {
          cwd: project,
          env: {
            ...process.env,
            MESH_PORT: String(mesh),
            ADMIN_PORT: String(admin),
            STATSD: `127.0.0.1:${statsd.address().port}`,
          },
          stdio: 'ignore',
        });
        const served = ['-c', 'envoy3.yaml', '-l', 'warning', '--file-flush-interval-msec', '50'];
        running.push(
          engine === 'envoy'
            ? start(engine, envoyBin, [...served, '--concurrency', '1', '--use-dynamic-base-id'], own)
            : start(engine, process.execPath, [cli, 'serve', ...served, '--no-watch'], own),
        );
        admins.push(admin);
        const count = Object.values(services).reduce((sum, one) => sum + one, 0);
        await until(`${engine} has all hosts`, async () => (await healthyHosts(admin)).length === count);
        const answers: string[] = [];
        for (const request of meshRequests) answers.push(normalise(await askMesh(mesh, authority, request)));
        const logFile = join(own, 'access.log');
        const logLines = (): string[] => readFileSync(logFile, 'utf8').trimEnd().split('\n');
        await until(`${engine} has logged all`, async () => logLines().length >= meshRequests.length);
        const log = logLines().map(normalise);
        const { stats, names } = await statistics(admin);
        let green = 0;
        for (let turn = 0; turn < 400; turn++) {
          const answer = await askMesh(mesh, authority, hello('payments', 'canary'));
          if (answer.includes('payments-green-')) green++;
        }
        // Two flushes: what is counted once is sent once.
        await pause(2200);
        observed.push({
          answers,
          log,
          stats,
          statNames: names,
          statsdNames: [...statsdNames]
            .filter((name) => /^envoy\.(?:cluster|http\.ingress_http)\./.test(name))
            .sort(),
          hosts: await healthyHosts(admin),
          events: readFileSync(join(own, 'healthcheck.log'), 'utf8')
            .trimEnd()
            .split('\n')
            .map(normalise)
            .sort(),
          green,
        });
      } finally {
        statsd.close();
      }
    }

    const [real, ours] = observed as [Observed, Observed];
    for (const [at, { name }] of meshRequests.entries()) {
      const [one = '', two = ''] = [real.answers[at], ours.answers[at]];
      check(name, one === two && one !== '', `\n    Envoy  ${one}\n    envoy3 ${two}`);
    }
    for (const [at, one] of real.log.entries()) {
      check(`log line ${at + 1}`, one === ours.log[at], `\n    Envoy  ${one}\n    envoy3 ${ours.log[at]}`);
    }
    for (const kind of ['stats', 'hosts', 'events'] as const) {
      const isElsewhere = (line: string): boolean =>
        kind === 'stats' && elsewhere.test(line) && !ours.statNames.includes(line.replace(/: .*/, ''));
      const missing = real[kind].filter((one) => !ours[kind].includes(one) && !isElsewhere(one));
      const more = ours[kind].filter((one) => !real[kind].includes(one));
      const how = `\n    Envoy alone:  ${missing.join('\n                  ')}\n    envoy3 alone: ${more.join('\n                  ')}`;
      check(kind, missing.length + more.length === 0 && ours[kind].length > 0, how);
    }
    const excluded =
      /\.(?:update_attempt|update_no_rebuild|max_host_weight|health_check\.attempt|membership_total)$/;
    for (const [at, one] of observed.entries()) {
      const engine = engines[at] as string;
      check(
        `${engine}: the exclusions are in neither list`,
        !one.statNames.concat(one.statsdNames).some((name) => excluded.test(name)),
      );
      check(
        `${engine}: statsd hears of the mesh`,
        one.statsdNames.includes('envoy.cluster.orders.membership_healthy'),
      );
      // One in ten of 400, give or take four and a half standard deviations.
      check(
        `${engine}: one call in ten is green`,
        one.green >= 13 && one.green <= 67,
        `: ${one.green} of 400`,
      );
    }

    serve('payments', '4-60');
    for (const [at, admin] of admins.entries()) {
      const sixty = async () =>
        (await healthyHosts(admin)).filter((host) => host.startsWith('payments::')).length === 60;
      const seen = await until('sixty', sixty).then(
        () => true,
        () => false,
      );
      check(`${engines[at]}: sixty hosts of one name`, seen);
    }
  } finally {
    for (const process of running) await stop(process);
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
