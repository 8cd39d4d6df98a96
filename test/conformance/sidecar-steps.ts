/**
 * What is looked at for each practice of the sidecar project. A step gives lines; those of both engines must be equal.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { waitForPort } from '../bench/processes.js';
import { get } from '../support/project-run.js';
import { normalise, plainRequests } from '../support/raw-exchange.js';
import type { RawRequest } from '../support/raw-exchange.js';
import type { SeeingService } from '../support/seeing-service.js';
import type { Sidecar } from './sidecar-rig.js';
import { eventually } from './sidecar-rig.js';

/** What a step has besides the sidecar. */
export interface StepContext {
  readonly folder: string;
  readonly root: string;
  readonly backend: SeeingService;
  readonly canary: SeeingService;
  /** Ports of services that belong to this step and engine. */
  readonly ports: Readonly<Record<'RATE_LIMIT_PORT' | 'DISCOVERY_HTTP' | 'DISCOVERY_DNS', string>>;
  /** Starts Node in the folder of the project, and ends it with the step. @returns a function that ends it now */
  node(args: readonly string[], env: Readonly<Record<string, string>>): Promise<() => Promise<void>>;
}

export interface Step {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** What must be among the lines of both: two that do nothing are equal as well. */
  readonly shows: RegExp;
  /** The backends speak TLS. */
  readonly tlsBackends?: boolean;
  /** Before the sidecar starts. */
  prepare?(context: StepContext): Promise<void>;
  observe(sidecar: Sidecar, context: StepContext): Promise<readonly string[]>;
}

async function each(sidecar: Sidecar, requests: readonly RawRequest[]): Promise<string[]> {
  const lines: string[] = [];
  for (const request of requests) lines.push(`${request.join(' ')} -> ${await sidecar.ask(request)}`);
  return lines;
}

const repeat = (request: RawRequest, times: number): RawRequest[] =>
  Array.from({ length: times }, () => request);

/** What a client without TLS gets on a port with TLS. */
function plainText(port: number): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'));
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
    });
    socket.on('error', () => undefined).on('close', () => done(`plain text: '${got}'`));
  });
}

function handshake(port: number, ALPNProtocols: string[]): Promise<string> {
  return new Promise((done) => {
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols };
    const socket = connectTls(options, () => {
      const subject = socket.getPeerCertificate().subject.CN;
      done(`${ALPNProtocols.join()}: ${socket.getProtocol()} ${socket.alpnProtocol} ${subject}`);
      socket.destroy();
    });
    socket.on('error', () => done(`${ALPNProtocols.join()}: refused`));
  });
}

const plain = plainRequests('/a');

const tls: Step = {
  name: 'TLS termination and origination',
  shows: /plain text: ''/,
  env: { TLS_TERMINATION: 'on', TLS_ORIGINATION: 'on' },
  tlsBackends: true,
  observe: async (sidecar) => [
    ...(await each(sidecar, plain)),
    await plainText(sidecar.port),
    await handshake(sidecar.port, ['http/1.1']),
    await handshake(sidecar.port, ['h2', 'http/1.1']),
    ...(await sidecar.stats(/^cluster\.backend_service\.ssl\.(?:fail_verify\w*|connection_error): /)),
  ],
};

const untrusted: Step = {
  name: 'TLS origination to a backend without TLS',
  shows: /HTTP\/1\.1 503/,
  env: { TLS_ORIGINATION: 'on' },
  observe: async (sidecar) => [
    // The text of the TLS library is in the body.
    ...(await each(sidecar, [['GET', '/']]))
      .map((line) => line.replace(/(TLS_error:).*/s, '$1'))
      .map((line) => line.replace(/content-length: \d+/, 'content-length: N')),
    ...(await sidecar.stats(/^cluster\.backend_service\.upstream_cx_connect_fail: /)),
  ],
};

const health: Step = {
  name: 'health checks',
  shows: /failed_active_hc/,
  env: { HEALTH_CHECKS: 'on' },
  async observe(sidecar, { backend }) {
    const flags = async (): Promise<string> =>
      (await sidecar.admin('/clusters')).match(/^backend_service::.*health_flags::(.*)$/m)?.[1] ?? 'none';
    const first = await eventually(flags, (text) => text === 'healthy');
    backend.isWell = false;
    const second = await eventually(flags, (text) => text !== 'healthy');
    // Alone it is asked all the same: panic mode.
    const inPanic = await sidecar.ask(['GET', '/']);
    backend.isWell = true;
    return [
      first,
      second,
      inPanic,
      ...(await sidecar.stats(
        /^cluster\.backend_service\.(?:health_check\.failure|lb_healthy_panic|membership_healthy): /,
      )),
    ];
  },
};

const logged: Step = {
  name: 'access log and metrics',
  shows: /\[TIME\] "GET [\s\S]*envoy_http_downstream_rq_total\{.*\} 12/,
  env: { ACCESS_LOG: 'on' },
  async observe(sidecar, { folder }) {
    const answers = await each(sidecar, plain.slice(0, 12));
    const path = join(folder, `${sidecar.engine}.log.txt`);
    const read = async (): Promise<string> => (existsSync(path) ? readFileSync(path, 'utf8') : '');
    const log = await eventually(read, (text) => text.split('\n').length > 12);
    const metrics = (await sidecar.admin('/stats/prometheus'))
      .split('\n')
      .filter((line) =>
        /^envoy_(?:http_downstream_rq_(?:total|xx|completed)|cluster_upstream_rq(?:_total|_xx|_completed)?|cluster_membership_total)\{/.test(
          line,
        ),
      )
      .filter((line) => !line.includes('"admin"'));
    return [
      ...answers,
      ...log.split('\n').map((line) =>
        normalise(line)
          .replace(/^\[[^\]]+\]/, '[TIME]')
          // Duration, and the time of the upstream.
          .replace(/( \d+ \d+) \d+ (?:\d+|-) "/, '$1 N N "')
          .replace(/127\.0\.0\.1:\d+/, 'HOST'),
      ),
      ...metrics.sort(),
    ];
  },
};

/** Requests that wait in the backend, one after the other, so that none waits for a connection. */
async function hold(sidecar: Sidecar, backend: SeeingService, path: string, from: number, count: number) {
  const answers: Promise<string>[] = [];
  for (let at = 1; at <= count; at++) {
    answers.push(sidecar.ask(['GET', path]));
    await backend.holds(from + at);
  }
  return answers;
}

const breakers: Step = {
  name: 'circuit breakers',
  shows: /x-envoy-overloaded: true[\s\S]*default\.rq_open: 1/,
  env: { CIRCUIT_BREAKERS: 'on' },
  async observe(sidecar, { backend }) {
    const waiting = await hold(sidecar, backend, '/hold', 0, 50);
    const refused = await each(sidecar, repeat(['GET', '/'], 3));
    const open = await sidecar.stats(/^cluster\.backend_service\.circuit_breakers\.\w+\.rq_open: /);
    waiting.push(...(await hold(sidecar, backend, '/important/hold', 50, 10)));
    const counted = await sidecar.stats(
      /^cluster\.backend_service\.(?:upstream_rq_(?:active|total|pending_overflow|503)|circuit_breakers\.\w+\.rq_open): /,
    );
    backend.release();
    const answers = await Promise.all(waiting);
    return [...refused, ...open, ...counted, ...answers, ...(await each(sidecar, [['GET', '/']]))];
  },
};

const localLimit: Step = {
  name: 'local rate limit',
  shows: /HTTP\/1\.1 429/,
  env: { RATE_LIMIT: 'on', RATE_LIMIT_REQUESTS: '5', RATE_LIMIT_SECONDS: '600' },
  observe: async (sidecar) => [
    ...(await each(sidecar, repeat(['GET', '/'], 8))),
    ...(await sidecar.stats(/^http_local_rate_limiter\./)),
  ],
};

const globalLimit: Step = {
  name: 'global rate limit',
  shows: /HTTP\/1\.1 429[\s\S]*ratelimit\.over_limit: 2/,
  env: { GLOBAL_RATE_LIMIT: 'on' },
  async observe(sidecar, { node, ports }) {
    const end = await node(['services/rate-limit.mjs'], { RATE_LIMIT_PORT: ports.RATE_LIMIT_PORT });
    await waitForPort(Number(ports.RATE_LIMIT_PORT), 'the rate limit service');
    const lines = await each(sidecar, [
      ...repeat(['GET', '/', 'x-user: eve\r\n'], 5),
      ['GET', '/', 'x-user: adam\r\n'],
      ['GET', '/'],
    ]);
    const counted = await sidecar.stats(/^cluster\.backend_service\.ratelimit\.(?:ok|over_limit): /);
    await end();
    const without = await each(sidecar, [['GET', '/', 'x-user: eve\r\n']]);
    return [...lines, ...counted, ...without];
  },
};

const discovery: Step = {
  name: 'discovery',
  shows: /no healthy upstream/,
  env: { DISCOVERY: 'on' },
  async prepare({ backend, canary, node, ports, root }) {
    await node(
      [
        join(root, 'cli', 'envoy3.mjs'),
        'discovery',
        ...['--services', 'sidecar.services.ts'],
        ...['--http-port', ports.DISCOVERY_HTTP, '--dns-port', ports.DISCOVERY_DNS],
      ],
      { BACKEND_PORT: String(backend.port), CANARY_PORT: String(canary.port) },
    );
    await eventually(
      () => get(ports.DISCOVERY_HTTP, '/v1/health/service/backend_service').catch(() => ''),
      (answer) => answer.includes('backend-1'),
    );
  },
  async observe(sidecar, { backend, ports }) {
    const put = (path: string, body = ''): Promise<string> =>
      fetch(`http://127.0.0.1:${ports.DISCOVERY_HTTP}/v1/agent/service/${path}`, {
        method: 'PUT',
        body,
      }).then((answer) => answer.text());
    const question = (): Promise<string> => sidecar.ask(['GET', '/']);
    const found = await question();
    await put('deregister/backend-1');
    const gone = await eventually(question, (answer) => answer.startsWith('HTTP/1.1 503'));
    const service = { Name: 'backend_service', ID: 'backend-2', Address: '127.0.0.1', Port: backend.port };
    await put('register', JSON.stringify(service));
    const back = await eventually(question, (answer) => answer.startsWith('HTTP/1.1 200'));
    return [found, gone, back];
  },
};

const canaryShare: Step = {
  name: 'canary',
  shows: /share as it should be: true/,
  env: { CANARY: 'on' },
  async observe(sidecar) {
    let canary = 0;
    let other = 0;
    const requests = 400;
    for (let at = 0; at < requests; at++) {
      const answer = await sidecar.ask(['GET', '/']);
      if (answer.includes('two GET /')) canary++;
      else if (!answer.includes('one GET /')) other++;
    }
    // Forty of 400, with a deviation of six: less than 10 or more than 70 does not happen.
    return [`others: ${other}`, `share as it should be: ${canary >= 10 && canary <= 70}`];
  },
};

const variants: readonly RawRequest[] = [
  ['GET', '/', 'x-variant: b\r\n'],
  ['GET', '/', 'x-variant: B\r\n'],
  ['GET', '/', 'x-variant: a\r\n'],
  ['GET', '/', 'x-variant: a\r\nx-variant: b\r\n'],
  ['GET', '/', 'cookie: variant=b\r\n'],
  ['GET', '/', 'cookie: a=1; variant=b\r\n'],
  ['GET', '/', 'cookie: a=1;variant=b; c=3\r\n'],
  ['GET', '/', 'cookie: variant=bc\r\n'],
  ['GET', '/', 'cookie: invariant=b\r\n'],
  ['GET', '/', 'cookie: a=1\r\ncookie: variant=b\r\n'],
  ['POST', '/deep/er?x=1', 'x-variant: b\r\ncontent-length: 2\r\n', '{}'],
];

export const steps: readonly Step[] = [
  { name: 'no practice', shows: /one GET/, env: {}, observe: (sidecar) => each(sidecar, plain) },
  tls,
  untrusted,
  health,
  logged,
  breakers,
  localLimit,
  globalLimit,
  discovery,
  canaryShare,
  { name: 'A/B', shows: /two GET/, env: { AB_TEST: 'on' }, observe: (sidecar) => each(sidecar, variants) },
  {
    name: 'all practices',
    shows: /two GET/,
    env: { ALL: 'on', RATE_LIMIT_REQUESTS: '1000' },
    tlsBackends: true,
    prepare: discovery.prepare as NonNullable<Step['prepare']>,
    observe: (sidecar) =>
      each(
        sidecar,
        // Variant b, or chance would choose the backend.
        plain.map(([method, path, head = '', body]) => [method, path, `x-variant: b\r\n${head}`, body]),
      ),
  },
];

/** For `StepContext.node`. */
export function startNode(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): { readonly end: () => Promise<void> } {
  const child = spawn(process.execPath, [...args], { cwd, env, stdio: 'ignore' });
  const ended = new Promise<void>((done) => child.on('exit', () => done()));
  return {
    end() {
      child.kill('SIGKILL');
      return ended;
    },
  };
}
