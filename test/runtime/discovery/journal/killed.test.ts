/**
 * A real process on a real disk, killed while it is written to: what it acknowledged is there when it starts again.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withFolder } from '../../../support/temporary-folder.js';

const program = new URL('../../../../runtime/discovery/index.js', import.meta.url).href;
const script = `
import { createDiscovery } from ${JSON.stringify(program)};
const discovery = await createDiscovery({ httpPort: 0, dnsPort: 0, node: 'n1', dataDir: process.argv[1] });
console.log(discovery.httpPort);
`;

async function start(folder: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const port = await new Promise<number>((done, fail) => {
    lines.once('line', (line) => done(Number(line)));
    child.once('exit', (code) => fail(new Error(`ended with ${code}`)));
  });
  return { child, port };
}

function put(port: number, key: string, value: string): Promise<boolean> {
  return new Promise((done) => {
    const sent = request(
      { host: '127.0.0.1', port, method: 'PUT', path: `/v1/kv/${key}`, agent: false },
      (response) => {
        response.on('error', () => done(false));
        response.resume();
        response.on('end', () => done(response.statusCode === 200));
      },
    );
    sent.on('error', () => done(false));
    sent.end(value);
  });
}

function keys(port: number): Promise<string[]> {
  return new Promise((done, fail) => {
    request({ host: '127.0.0.1', port, path: '/v1/kv/?keys', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done(response.statusCode === 404 ? [] : JSON.parse(text)));
    })
      .on('error', fail)
      .end();
  });
}

test('kill -9 while clients write: no acknowledged write is lost', () =>
  withFolder({}, async (folder) => {
    const acknowledged = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const { child, port } = await start(folder);
      const gone = new Promise((done) => child.once('exit', done));
      const before = new Set(await keys(port));
      for (const key of acknowledged) assert.ok(before.has(key), `${key} is lost`);
      let count = 0;
      const client = async (name: string): Promise<void> => {
        for (let n = 0; ; n++) {
          const key = `${round}-${name}-${n}`;
          if (!(await put(port, key, 'x'.repeat(n % 50)))) return;
          acknowledged.add(key);
          count++;
          // In the middle of what the others are at.
          if (count === 40 + round * 17) child.kill('SIGKILL');
        }
      };
      await Promise.all(['a', 'b', 'c', 'd'].map(client));
      await gone;
    }
    const { child, port } = await start(folder);
    const found = new Set(await keys(port));
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
    assert.ok(acknowledged.size > 100, `${acknowledged.size}`);
    for (const key of acknowledged) assert.ok(found.has(key), `${key} is lost`);
  }));

test.run();
