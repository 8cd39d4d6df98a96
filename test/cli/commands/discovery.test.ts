import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../../cli/main.js';
import { createDiscovery } from '../../../runtime/discovery/index.js';
import { withFolder } from '../../support/temporary-folder.js';
import { recordedIo } from '../recorded-io.js';

type Run = (...argv: string[]) => Promise<{ code: number; out: string; err: string }>;

async function withAgent(use: (run: Run, url: string, folder: string) => Promise<void>): Promise<void> {
  const agent = await createDiscovery({
    httpPort: 0,
    dnsPort: 0,
    node: 'n1',
    tokens: [
      { secret: 'reader', scope: 'read' },
      { secret: 'writer', scope: 'write' },
    ],
  });
  const url = `127.0.0.1:${agent.httpPort}`;
  try {
    await withFolder({}, async (folder) => {
      const run: Run = async (...argv) => {
        const io = recordedIo(folder, { env: { CONSUL_HTTP_ADDR: url, CONSUL_HTTP_TOKEN: 'writer' } });
        const code = await main(['discovery', ...argv], io);
        return { code, out: io.out(), err: io.err() };
      };
      await use(run, url, folder);
    });
  } finally {
    await agent.close();
  }
}

test('registers, shows and deregisters at any agent', () =>
  withAgent(async (run, _url, folder) => {
    const registered = await run(
      'register',
      'orders',
      ...['--port', '8080', '--address', '10.0.0.1', '--tags', 'v1,blue', '--check-ttl', '30s'],
    );
    assert.equal(registered, { code: 0, out: '', err: '' });
    writeFileSync(join(folder, 'b.json'), '{"service": {"name": "billing", "port": 9}}');
    assert.is((await run('register', 'b.json')).code, 0);
    assert.is(
      (await run('services')).out,
      [
        'SERVICE  INSTANCES  PASSING  WARNING  CRITICAL  TAGS',
        'billing  1          1        0        0',
        'consul   1          1        0        0',
        'orders   1          0        0        1         blue,v1',
        '',
      ].join('\n'),
    );
    assert.is(
      (await run('instances', 'orders')).out,
      [
        'SERVICE  ID      NODE  ADDRESS        HEALTH    TAGS',
        'orders   orders  n1    10.0.0.1:8080  critical  v1,blue',
        '',
      ].join('\n'),
    );
    assert.match((await run('checks', 'orders')).out, /^service:orders {2}orders {3}n1 {4}critical$/m);
    assert.is((await run('deregister', 'orders')).code, 0);
    const again = await run('deregister', 'orders');
    assert.is(again.code, 1);
    assert.match(again.err, /says: Unknown service ID "orders"/);
  }));

test('says what is wrong', () =>
  withAgent(async (run, url) => {
    const denied = await run('register', 'x', '--token', 'reader');
    assert.is(denied.code, 1);
    assert.match(denied.err, new RegExp(`http://${url} says: Permission denied: the token may only read`));
    assert.match((await run('services', '--token', 'nobody')).err, /Permission denied/);
    assert.match(
      (await run('services', '--agent', '127.0.0.1:1')).err,
      /no agent at http:\/\/127\.0\.0\.1:1: /,
    );
    for (const argv of [
      ['bogus'],
      ['register'],
      ['deregister'],
      ['--tls-cert', 'x'],
      ['--tokens', 'none.json'],
    ]) {
      assert.is((await run(...argv)).code, 2, argv.join(' '));
    }
  }));

test('definitions may be a typed module', () =>
  withFolder(
    {
      'services.ts':
        "import { defineServices } from 'envoy3';\nexport default defineServices([{ name: 'typed', port: 1 }]);\n",
      'wrong.ts':
        "import { defineServices } from 'envoy3';\nexport default defineServices([{ name: 'typed', prot: 1 }]);\n",
    },
    async (folder) => {
      let stop: () => void = () => {};
      const onSignal = (listener: (signal: 'SIGTERM') => void) => {
        stop = () => listener('SIGTERM');
        return () => undefined;
      };
      const io = recordedIo(folder, { onSignal });
      const running = main(
        ['discovery', '--services', 'services.ts', '--http-port', '0', '--dns-port', '0'],
        io,
      );
      while (!/ 1 services/.test(io.err())) {
        assert.not.match(io.err(), /error/);
        await new Promise((done) => setTimeout(done, 5));
      }
      stop();
      assert.is(await running, 0);
      const wrong = recordedIo(folder);
      assert.is(await main(['discovery', '--services', 'wrong.ts'], wrong), 1);
      assert.match(wrong.err(), /prot[\s\S]*wrong\.ts:2:\d+/);
    },
  ));

test.run();
