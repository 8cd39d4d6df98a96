/** A host of the admin server that remembers what it was told, and a client that sends raw requests. */
import type { OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import type { AdminHost, ServerState } from '../../../runtime/admin/admin-host.js';
import { createAdminServer } from '../../../runtime/admin/admin-server.js';
import { createLoggerRegistry } from '../../../runtime/common/console-logger.js';
import { RuntimeSnapshot } from '../../../runtime/layered-runtime/layered-runtime.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { FakeClock } from '../../support/fake-clock.js';

type Changes = Partial<AdminHost>;

export function fakeHost(changes: Changes = {}) {
  const clock = new FakeClock();
  const calls: unknown[] = [];
  const log: string[] = [];
  const loggers = createLoggerRegistry({ level: 'info', clock, write: (line) => void log.push(line) });
  loggers.get('main');
  loggers.get('router');
  let state: ServerState = 'LIVE';
  const host: AdminHost = {
    stats: createStatsStore(),
    loggers,
    facts: {
      version: '0.1.0',
      startedAtMs: 0,
      commandLineOptions: { concurrency: 2, config_path: '/a.yaml' },
    },
    state: () => state,
    configuration: () => undefined,
    runtime: () => new RuntimeSnapshot([]),
    modifyRuntime: async (changes) => {
      calls.push([...changes]);
      return undefined;
    },
    listeners: () => [],
    clustersText: (matches) => ['web', 'db'].filter(matches).join('\n'),
    clustersJson: (matches) => ({
      cluster_statuses: ['web', 'db'].filter(matches).map((name) => ({ name })),
    }),
    certificates: () => [],
    refreshStats: () => void calls.push('refreshStats'),
    quit: () => void calls.push('quit'),
    healthcheckFail: () => {
      state = 'DRAINING';
      calls.push('fail');
    },
    healthcheckOk: () => {
      state = 'LIVE';
      calls.push('ok');
    },
    drainListeners: (options) => void calls.push(options),
    reopenLogs: () => void calls.push('reopen'),
    ...changes,
  };
  return { host, clock, calls, log };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

interface Sent {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** Starts an admin server on a free port. */
export async function startAdmin(changes: Changes = {}, allowPaths?: readonly unknown[]) {
  const fake = fakeHost(changes);
  const server = await createAdminServer(fake.host, {
    address: { ip: '127.0.0.1', port: 0 },
    clock: fake.clock,
    allowPaths,
  });
  const send = (path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => {
            text += chunk;
          });
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              rawHeaders: incoming.rawHeaders,
              body: text,
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const post = (path: string, sent: Sent = {}): Promise<Answer> => send(path, { method: 'POST', ...sent });
  return { ...fake, server, get: send, send, post };
}
