/**
 * The front-proxy project, compiled once, on real Envoy and on the bundled runtime: thirty requests to each, before the
 * same services, must give equal answers. Dates, ids, times and the order of round robin aside.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Running } from '../bench/processes.js';
import { freePort, start, stop, waitForPort } from '../bench/processes.js';

interface Context {
  readonly envoyBin: string;
  readonly root: string;
}

/** Path, extra head lines, body. */
type Request = readonly [method: string, path: string, head?: string, body?: string];

const requests: readonly Request[] = [
  ['GET', '/service/1'],
  ['GET', '/service/2'],
  ['GET', '/service/1?x=1&y=2'],
  ['GET', '/service/1/'],
  ['GET', '/service/10'],
  ['GET', '/service/2/deep/er'],
  ['HEAD', '/service/1'],
  ['HEAD', '/nowhere'],
  ['POST', '/service/1', 'content-length: 5\r\n', 'hello'],
  ['POST', '/service/2', 'transfer-encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ['PUT', '/service/1', 'content-length: 0\r\n'],
  ['DELETE', '/service/2'],
  ['OPTIONS', '/service/1'],
  ['PATCH', '/service/1', 'content-length: 2\r\n', '{}'],
  ['GET', '/'],
  ['GET', '/service'],
  ['GET', '/nowhere'],
  ['GET', '/service//1'],
  ['GET', '/service/../service/1'],
  ['GET', '/service%2f1'],
  ['GET', '/service/1', 'x-forwarded-for: 10.1.2.3\r\n'],
  ['GET', '/service/1', 'x-forwarded-proto: https\r\n'],
  ['GET', '/service/1', 'x-request-id: my-own\r\n'],
  ['GET', '/service/1', 'x-envoy-retry-on: 5xx\r\nx-envoy-max-retries: 3\r\n'],
  ['GET', '/service/1', 'under_score: 1\r\n'],
  ['GET', '/service/1', 'accept: a\r\naccept: b\r\nx-a: 1\r\nx-a: 2\r\n'],
  ['GET', '/service/1', 'connection: close\r\n'],
  ['GET', '/service/1', 'expect: 100-continue\r\n'],
  ['FOO', '/service/1'],
  ['GET', '/service/1', 'te: trailers\r\nupgrade: h2c\r\n'],
];

/** Sends one request on a connection of its own, reads until the answer is whole or the connection ends. */
function ask(port: number, tls: boolean, [method, path, head = '', body = '']: Request): Promise<string> {
  const text = `${method} ${path} HTTP/1.1\r\nhost: localhost:8080\r\n${head}\r\n${body}`;
  return new Promise((done, fail) => {
    const socket = tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
      : connect(port, '127.0.0.1');
    let answer = '';
    const timer = setTimeout(() => socket.destroy(), 3000);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      done(answer);
    };
    socket.on(tls ? 'secureConnect' : 'connect', () => socket.write(text, 'latin1'));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
      const end = answer.indexOf('\r\n\r\n', answer.startsWith('HTTP/1.1 100') ? 25 : 0);
      if (end < 0) return;
      const length = /\r\ncontent-length: (\d+)/.exec(answer);
      if (method === 'HEAD' || (length !== null && answer.length - end - 4 >= Number(length[1]))) finish();
      else if (answer.endsWith('\r\n0\r\n\r\n')) finish();
    });
    socket.on('error', fail).on('close', finish);
  });
}

function normalise(answer: string): string {
  return answer
    .replace(/(date: )[^\r\n]+/g, '$1DATE')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replace(/(x-envoy-upstream-service-time: )\d+/g, '$1N');
}

/** A service that answers with what it saw, so that the request headers are compared as well. */
function service(name: string): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const seen = request.rawHeaders
      .join('|')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID');
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const text = `${name} ${request.method} ${request.url} ${seen} ${body}`;
      response.sendDate = false;
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    });
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done({ server, port: (server.address() as { port: number }).port }));
  });
}

/** The compiled file with its ports replaced by free ones and its clusters by addresses, which needs no DNS. */
function onFreePorts(
  yaml: string,
  ports: Readonly<Record<number, number>>,
  services: Readonly<Record<string, number>>,
): string {
  let text = yaml;
  for (const [from, to] of Object.entries(ports)) {
    text = text.replaceAll(`port_value: ${from}\n`, `port_value: ${to}\n`);
  }
  for (const [name, port] of Object.entries(services)) {
    const cluster = new RegExp(
      `(- name: ${name}\\n\\s+type: )STRICT_DNS([\\s\\S]*?load_assignment:[\\s\\S]*?address: )\\S+(\\n\\s+port_value: )\\d+`,
    );
    if (!cluster.test(text)) throw new Error(`the project has no STRICT_DNS cluster ${name}`);
    text = text.replace(cluster, `$1STRICT_DNS$2localhost$3${port}`);
  }
  return text.replaceAll('0.0.0.0', '127.0.0.1');
}

export async function run(context: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-parity-'));
  const cli = join(context.root, 'cli', 'envoy3.mjs');
  const running: Running[] = [];
  const one = await service('one');
  const two = await service('two');
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  const check = (good: boolean, line: () => string): void => {
    if (good) passed++;
    else {
      failed++;
      lines.push(line());
    }
  };
  try {
    cpSync(join(context.root, 'templates', 'projects', 'front-proxy'), folder, { recursive: true });
    const { prepareCertificate } = (await import(join(folder, 'certificate.mjs'))) as {
      prepareCertificate(folder: string): Promise<string>;
    };
    await prepareCertificate(folder);
    execFileSync(process.execPath, [cli, 'build', '-o', 'envoy3.yaml'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const compiled = readFileSync(join(folder, 'envoy3.yaml'), 'utf8');
    execFileSync(context.envoyBin, ['--mode', 'validate', '-l', 'off', '-c', 'envoy3.yaml'], {
      cwd: folder,
      stdio: 'ignore',
    });
    passed++;
    const answers: string[][] = [];
    for (const engine of ['envoy', 'envoy3']) {
      const [http, https, admin] = [await freePort(), await freePort(), await freePort()];
      const file = `${engine}.yaml`;
      writeFileSync(
        join(folder, file),
        onFreePorts(
          compiled,
          { 8080: http, 8443: https, 8001: admin },
          { service1: one.port, service2: two.port },
        ),
      );
      running.push(
        engine === 'envoy'
          ? start(
              engine,
              context.envoyBin,
              ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', '-l', 'warning'],
              folder,
            )
          : start(
              engine,
              process.execPath,
              [cli, 'serve', '-c', file, '--no-watch', '-l', 'warning'],
              folder,
            ),
      );
      await waitForPort(http, engine);
      await waitForPort(https, engine);
      const got: string[] = [];
      for (const request of requests) got.push(normalise(await ask(http, false, request)));
      for (const request of requests) got.push(normalise(await ask(https, true, request)));
      answers.push(got);
    }
    for (const [index, real] of (answers[0] as string[]).entries()) {
      const ours = answers[1]?.[index] ?? '';
      const request = requests[index % requests.length] as Request;
      check(
        real === ours && real !== '',
        () =>
          `${request.slice(0, 3).join(' ')}\n    Envoy  ${JSON.stringify(real)}\n    envoy3 ${JSON.stringify(ours)}`,
      );
    }
  } finally {
    for (const process of running) await stop(process);
    for (const { server } of [one, two]) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
