/**
 * `envoy3 test --against envoy`: the requests of route tests through real Envoy, compared with what the matcher said.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteMismatch, RouteOutcome, RouteSimulator, RouteTestResult } from '../../compiler/tools.js';
import { replayBootstrap, replayListener } from '../../compiler/tools.js';
import { UsageError } from '../command.js';

/** What Envoy did. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** One test with what real Envoy did otherwise. */
export interface Replayed {
  readonly result: RouteTestResult;
  /** Why it was not sent; undefined when it was. */
  readonly skipped?: string;
  readonly mismatches: readonly RouteMismatch[];
}

const startMs = 15_000;

/** Every cluster: answers with what it got. */
function startUpstream(): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((incoming, response) => {
    const { headers, url } = incoming;
    response.setHeader('x-envoy3-upstream', '1');
    response.end(JSON.stringify({ path: url, host: headers.host ?? '' }));
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      const close = (): void => {
        server.close();
        server.closeAllConnections();
      };
      done({ port: (server.address() as AddressInfo).port, close });
    });
  });
}

function send(port: number, options: { method: string; path: string; headers: string[] }): Promise<Answer> {
  return new Promise((done, fail) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, setHost: false, agent: false, timeout: 10_000, ...options },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          body += part;
        });
        response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 10 s')));
    outgoing.on('error', fail);
    outgoing.end();
  });
}

interface RunningEnvoy {
  /** Ports by name of the listener. */
  readonly ports: ReadonlyMap<string, number>;
  stop(): void;
}

async function startEnvoy(binary: string, bootstrap: object): Promise<RunningEnvoy> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-replay-'));
  const [config, admin] = [join(folder, 'envoy.json'), join(folder, 'admin')];
  writeFileSync(config, JSON.stringify(bootstrap));
  const flags = ['--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'error'];
  const child = spawn(binary, ['-c', config, '--admin-address-path', admin, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  let ended: string | undefined;
  child.stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  child.on('error', (error) => {
    ended = error.message;
  });
  child.on('exit', () => {
    ended ??= said.trim().split('\n').slice(-3).join('\n') || 'it ended';
  });
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + startMs;
  while (Date.now() < until && ended === undefined) {
    const address = existsSync(admin) ? readFileSync(admin, 'utf8').trim() : '';
    const port = Number(/:(\d+)$/.exec(address)?.[1] ?? 0);
    const ready =
      port === 0
        ? undefined
        : await send(port, { method: 'GET', path: '/ready', headers: ['host', 'admin'] }).catch(
            () => undefined,
          );
    if (ready?.status === 200) {
      const listeners = await send(port, {
        method: 'GET',
        path: '/listeners?format=json',
        headers: ['host', 'admin'],
      });
      const { listener_statuses: statuses } = JSON.parse(listeners.body) as {
        listener_statuses: { name: string; local_address: { socket_address: { port_value: number } } }[];
      };
      return {
        ports: new Map(statuses.map((one) => [one.name, one.local_address.socket_address.port_value])),
        stop,
      };
    }
    await new Promise((wait) => setTimeout(wait, 50));
  }
  stop();
  throw new UsageError(
    `real Envoy did not start (set ENVOY_BIN to its binary): ${ended ?? 'it was not ready in time'}`,
  );
}

/** What only the matcher can be told. */
function whySkipped({ outcome, test: { request } }: RouteTestResult): string | undefined {
  if (outcome.kind === 'unknown') return 'the matcher has no answer';
  if (request.runtime !== undefined) return 'it sets a runtime key';
  if (request.random !== 0) return 'it fixes the random number';
  if (request.internal) return 'it is internal';
  if (outcome.place?.weighted !== undefined) return 'Envoy throws dice for weighted clusters';
  if (request.method === 'CONNECT') return 'CONNECT is not replayed';
  return undefined;
}

function compare(outcome: RouteOutcome, answer: Answer): RouteMismatch[] {
  const header = (name: string): string => {
    const value = answer.headers[name];
    return typeof value === 'string' ? value : '';
  };
  const isUpstream = answer.headers['x-envoy3-upstream'] !== undefined;
  const got = isUpstream ? (JSON.parse(answer.body) as { path: string; host: string }) : undefined;
  const pairs: [string, string, string][] = [
    ['status', String(outcome.kind === 'cluster' ? 200 : outcome.status), String(answer.status)],
    ['location', outcome.location, header('location')],
  ];
  if (outcome.kind === 'cluster') {
    pairs.push(
      ['cluster', outcome.cluster, header('x-envoy3-cluster')],
      ['path', outcome.path, got?.path ?? ''],
      ['host', outcome.host, got?.host ?? ''],
    );
  }
  // Answers that belong to no route carry no header of a route.
  if (outcome.place !== undefined) pairs.push(['route', outcome.route, header('x-envoy3-route')]);
  return pairs
    .filter(([, ours, envoys]) => ours !== envoys && !(envoys === '-' && ours === ''))
    .map(([field, expected, actual]) => ({ field, expected, actual }));
}

/** @param binary of real Envoy. @throws UsageError when it does not start */
export async function replayOnEnvoy(
  simulator: RouteSimulator,
  results: readonly RouteTestResult[],
  binary: string,
): Promise<Replayed[]> {
  const upstream = await startUpstream();
  const clusters = results.map(({ outcome }) => outcome.cluster);
  let envoy: RunningEnvoy | undefined;
  try {
    envoy = await startEnvoy(binary, replayBootstrap(simulator, upstream.port, clusters));
    const replayed: Replayed[] = [];
    for (const result of results) {
      const skipped = whySkipped(result);
      const { outcome, test } = result;
      const { request } = test;
      const port = envoy.ports.get(replayListener(outcome.manager, request.scheme));
      if (skipped !== undefined || port === undefined) {
        replayed.push({ result, skipped: skipped ?? 'Envoy has no listener for it', mismatches: [] });
        continue;
      }
      const headers = ['host', request.authority, ...request.headers.flat()];
      try {
        const answer = await send(port, { method: request.method, path: request.path, headers });
        replayed.push({ result, mismatches: compare(outcome, answer) });
      } catch (error) {
        replayed.push({ result, skipped: (error as Error).message, mismatches: [] });
      }
    }
    return replayed;
  } finally {
    envoy?.stop();
    upstream.close();
  }
}
