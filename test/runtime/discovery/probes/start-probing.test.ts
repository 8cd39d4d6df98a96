import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CheckStatus, ProbeDefinition } from '../../../../runtime/discovery/catalog/catalog.js';
import { readCheck } from '../../../../runtime/discovery/definition/check-definition.js';
import { startProbing } from '../../../../runtime/discovery/probes/start-probing.js';
import { FakeClock } from '../../../support/fake-clock.js';

type Report = readonly [status: CheckStatus | undefined, output: string];

/** Probes of a definition, whose reports are waited for one by one. */
class Probing {
  readonly clock = new FakeClock();
  readonly stop: () => void;
  readonly #reports: Report[] = [];
  #wake: () => void = () => {};

  constructor(definition: object) {
    const { check } = readCheck({ Name: 'c', Interval: '10s', ...definition }, []);
    const probe = check.probe as ProbeDefinition;
    const report = (...one: Report): void => {
      this.#reports.push(one);
      this.#wake();
    };
    this.stop = startProbing({ probe, clock: this.clock, report });
  }

  async next(): Promise<Report> {
    while (this.#reports.length === 0) {
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
    return this.#reports.shift() as Report;
  }

  get unread(): number {
    return this.#reports.length;
  }
}

async function withServer(
  statuses: readonly number[],
  use: (url: string, server: Server, seen: string[]) => Promise<void>,
): Promise<void> {
  const seen: string[] = [];
  let turn = 0;
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-own'] ?? ''}`.trim());
    if (request.url === '/slow') return;
    if (request.url === '/away') response.writeHead(302, { location: 'ftp://127.0.0.1/' });
    else if (request.url === '/moved') response.writeHead(302, { location: '/here' });
    else response.writeHead(statuses[turn++ % statuses.length] ?? 200);
    response.end('body');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    await use(`http://127.0.0.1:${(server.address() as { port: number }).port}`, server, seen);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('HTTP: 2xx passes, 429 warns, all else is critical; at once and then at each interval', () =>
  withServer([204, 429, 500, 404], async (url, _server, seen) => {
    const probing = new Probing({ HTTP: `${url}/x`, Method: 'HEAD', Header: { 'X-Own': ['1'] } });
    for (const expected of ['passing', 'warning', 'critical', 'critical']) {
      const [status, output] = await probing.next();
      assert.is(status, expected, output);
      probing.clock.advance(9_999);
      assert.is(probing.unread, 0);
      probing.clock.advance(1);
    }
    probing.stop();
    assert.is(seen[0], 'HEAD /x 1');
    assert.is(probing.clock.timers, 0);
  }));

test('HTTP: redirects are followed unless that is off', () =>
  withServer([200], async (url) => {
    const following = new Probing({ HTTP: `${url}/moved` });
    assert.is((await following.next())[0], 'passing');
    following.stop();
    for (const not of [
      new Probing({ HTTP: `${url}/moved`, DisableRedirects: true }),
      new Probing({ HTTP: `${url}/away` }),
    ]) {
      assert.is((await not.next())[0], 'critical');
      not.stop();
    }
  }));

test('no answer in time is critical, and the connection is given up', () =>
  withServer([200], async (url, server) => {
    const arrived = new Promise<Socket>((done) => server.once('connection', done));
    const probing = new Probing({ HTTP: `${url}/slow`, Timeout: '2s' });
    const socket = await arrived;
    const closed = new Promise((done) => socket.on('close', done));
    probing.clock.advance(2_000);
    const [status, output] = await probing.next();
    assert.is(status, 'critical');
    assert.match(output, /2000 ms/);
    probing.stop();
    await closed;
  }));

test('TCP: connecting is enough', async () => {
  const server = createTcpServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const probing = new Probing({ TCP: `127.0.0.1:${port}` });
  assert.is((await probing.next())[0], 'passing');
  await new Promise((done) => server.close(done));
  probing.clock.advance(10_000);
  const [status, output] = await probing.next();
  assert.is(status, 'critical');
  assert.match(output, /ECONNREFUSED/);
  probing.stop();
});

test('thresholds: the first result counts at once, then so many in a row', () =>
  withServer([200, 500, 500, 500, 200, 200], async (url) => {
    const probing = new Probing({
      HTTP: url,
      SuccessBeforePassing: 2,
      FailuresBeforeWarning: 2,
      FailuresBeforeCritical: 3,
    });
    for (const expected of ['passing', undefined, 'warning', 'critical', undefined, 'passing']) {
      assert.is((await probing.next())[0], expected);
      probing.clock.advance(10_000);
    }
    probing.stop();
  }));

test('what cannot even be asked is critical, is tried again, and ends nothing', async () => {
  const wrong = [
    { GRPC: 'a b:1', GRPCUseTLS: true },
    { GRPC: '127.0.0.1:1', GRPCUseTLS: true, TLSServerName: '\u0000' },
    { TCP: '\u0000:1' },
    { HTTP: 'http://127.0.0.1:1/', Header: { Host: ['a', 'b'] } },
  ];
  for (const definition of wrong) {
    const probing = new Probing(definition);
    assert.is((await probing.next())[0], 'critical', JSON.stringify(definition));
    probing.clock.advance(10_000);
    assert.is((await probing.next())[0], 'critical');
    probing.stop();
    assert.is(probing.clock.timers, 0);
  }
});

test.run();
