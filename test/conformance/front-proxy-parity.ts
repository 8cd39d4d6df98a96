/**
 * The front-proxy project, compiled once, on real Envoy and on the bundled runtime: thirty requests to each, before the
 * same services, must give equal answers. Dates, ids, times and the order of round robin aside.
 */
import { reservePort } from '../support/port-block.js';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../bench/processes.js';
import { start, stop, waitForPort } from '../bench/processes.js';
import type { RawRequest } from '../support/raw-exchange.js';
import { ask, normalise } from '../support/raw-exchange.js';
import { startSeeingService } from '../support/seeing-service.js';

interface Context {
  readonly envoyBin: string;
  readonly root: string;
}

const requests: readonly RawRequest[] = [
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
  const one = await startSeeingService('one');
  const two = await startSeeingService('two');
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
      const [http, https, admin] = [await reservePort(), await reservePort(), await reservePort()];
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
      for (const request of requests) got.push(normalise(await ask(http, request)));
      for (const request of requests) got.push(normalise(await ask(https, request, { tls: true })));
      answers.push(got);
    }
    for (const [index, real] of (answers[0] as string[]).entries()) {
      const ours = answers[1]?.[index] ?? '';
      const request = requests[index % requests.length] as RawRequest;
      check(
        real === ours && real !== '',
        () =>
          `${request.slice(0, 3).join(' ')}\n    Envoy  ${JSON.stringify(real)}\n    envoy3 ${JSON.stringify(ours)}`,
      );
    }
  } finally {
    for (const process of running) await stop(process);
    for (const service of [one, two]) service.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
