/**
 * `--layout split` on real Envoy: it serves the three files, and takes a new route, a new cluster and a removed listener
 * without a restart when they are built again.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emitSplit, splitLayout, writeOutput } from '../../compiler/index.js';
import { readMessage } from '../../dsl/api/index.js';
import * as dsl from '../../dsl/index.js';

type Fields = Readonly<Record<string, unknown>>;

function fetchText(port: number, path: string): Promise<string> {
  return new Promise((done) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: 2000 }, (response) => {
      let body = '';
      response.on('data', (part: Buffer) => {
        body += part.toString();
      });
      response.on('end', () => done(`${response.statusCode} ${body}`));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', (error) => done(error.message));
  });
}

/** Asks again and again, for at most ten seconds. @returns the last answer */
async function until(ask: () => Promise<string>, wanted: RegExp): Promise<string> {
  let last = '';
  for (let attempt = 0; attempt < 200; attempt++) {
    last = await ask();
    if (wanted.test(last)) return last;
    await new Promise((wait) => setTimeout(wait, 50));
  }
  return last;
}

export async function run({ envoyBin }: { readonly envoyBin: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-split-'));
  const admin = join(folder, 'admin');
  const lines: string[] = [];
  let [passed, failed] = [0, 0];

  function build(
    listeners: readonly dsl.ListenerOf<never>[],
    clusters: readonly dsl.NamedCluster<string>[],
  ): void {
    const given = dsl.bootstrap({ admin: dsl.admin({ port: 0 }), listeners, clusters });
    const { value } = readMessage('envoy.config.bootstrap.v3.Bootstrap', JSON.parse(JSON.stringify(given)));
    for (const [name, text] of emitSplit(splitLayout(value as Fields, folder), 'envoy.yaml')) {
      writeOutput(join(folder, name), text);
    }
  }
  const say = (name: string, text: string): dsl.ListenerOf<never> =>
    dsl.httpListener(0, {
      name,
      address: '127.0.0.1',
      virtualHosts: [dsl.virtualHost(['*'], [dsl.directResponse('/', 200, text)])],
    });

  build([say('a', 'one'), say('b', 'b')], []);
  const flags = ['--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'error'];
  const child = spawn(envoyBin, ['-c', join(folder, 'envoy.yaml'), '--admin-address-path', admin, ...flags], {
    stdio: 'ignore',
  });
  try {
    await until(async () => (existsSync(admin) ? readFileSync(admin, 'utf8') : ''), /:\d+/);
    const adminPort = Number(/:(\d+)/.exec(readFileSync(admin, 'utf8'))?.[1]);
    const listeners = () => fetchText(adminPort, '/listeners?format=text');
    const portOf = async (name: string): Promise<number> => {
      const text = await until(listeners, new RegExp(`${name}::127`));
      return Number(new RegExp(`${name}::127\\.0\\.0\\.1:(\\d+)`).exec(text)?.[1] ?? 0);
    };
    const expect = async (name: string, ask: () => Promise<string>, wanted: RegExp): Promise<void> => {
      const got = await until(ask, wanted);
      if (wanted.test(got)) passed++;
      else {
        failed++;
        lines.push(`${name}: ${got.slice(0, 200)}`);
      }
    };
    await expect('it serves', async () => fetchText(await portOf('a'), '/'), /^200 one$/);
    build([say('a', 'two'), say('b', 'b')], []);
    await expect('a changed route', async () => fetchText(await portOf('a'), '/'), /^200 two$/);
    build([say('a', 'two'), say('b', 'b')], [dsl.staticCluster('late', ['127.0.0.1:1'])]);
    await expect('a new cluster', () => fetchText(adminPort, '/clusters'), /late::/);
    build([say('a', 'two')], []);
    await expect('a removed listener', async () => String((await listeners()).includes('b::')), /false/);
    await expect(
      'a removed cluster',
      async () => String((await fetchText(adminPort, '/clusters')).includes('late::')),
      /false/,
    );
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
