/**
 * What systemd's own tools see of `envoy3 serve`: sockets handed over by `systemd-socket-activate`, and states told through
 * `systemd-notify` to a socket as `Type=notify` has one, with one process and with two.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isInstalled } from '../bench/processes.js';
import { takePorts } from '../support/port-block.js';
import { withFolder } from '../support/temporary-folder.js';

interface Context {
  readonly root: string;
}

/** For a state to be told and for an answer to come. In milliseconds. */
const patienceMs = 20_000;

/** Node has no datagram sockets of this family. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True:
    print(s.recv(4096).decode().strip().replace('\\n', ' '), flush=True)
`;

/** Lines of a process, each waited for in its turn. */
class Lines {
  readonly seen: string[] = [];
  readonly #child: ChildProcess;
  #wake: () => void = () => undefined;
  #next = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.seen.push(line);
      this.#wake();
    });
  }

  /** @returns the next line that matches @throws when none comes in time */
  async next(pattern: RegExp): Promise<string> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      while (this.#next < this.seen.length) {
        const line = this.seen[this.#next++] as string;
        if (pattern.test(line)) return line;
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${pattern} among:\n${this.seen.join('\n')}`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, left);
        this.#wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

function body(port: string): Promise<string> {
  return new Promise((done, fail) => {
    const request = get({ host: '127.0.0.1', port, agent: false, timeout: patienceMs }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done(text));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', fail);
  });
}

const bootstrap = (port: string, answer: string): string => `
static_resources:
  listeners:
  - name: web
    address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
          http_filters:
          - name: router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: { prefix: / }
                direct_response: { status: 200, body: { inline_string: ${answer} } }
`;

async function observe(root: string, concurrency: number, check: (what: string, isSo: boolean) => void) {
  const { ports, release } = await takePorts(['PORT']);
  await withFolder({ 'envoy3.yaml': bootstrap(ports.PORT, 'one') }, async (folder) => {
    const config = join(folder, 'envoy3.yaml');
    const notifySocket = join(folder, 'notify');
    const states = new Lines(
      spawn('python3', ['-c', receiver, notifySocket], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    await states.next(/^listening$/);
    const serve = [join(root, 'cli', 'envoy3.mjs'), 'serve', '-c', config, '--no-watch'];
    const child = spawn(
      'systemd-socket-activate',
      [
        ...['-l', `127.0.0.1:${ports.PORT}`],
        ...['-E', `NOTIFY_SOCKET=${notifySocket}`, '-E', 'WATCHDOG_USEC=400000', '-E', 'PATH', '-E', 'HOME'],
        process.execPath,
        ...serve,
        ...['--concurrency', String(concurrency), '--drain-time-s', '1'],
      ],
      { stdio: ['ignore', 'ignore', 'ignore'] },
    );
    const ended = new Promise<number | null>((done) => child.on('exit', done));
    const says = async (what: string, pattern: RegExp): Promise<void> =>
      check(
        what,
        await states.next(pattern).then(
          () => true,
          () => false,
        ),
      );
    const put = (text: string): void => {
      writeFileSync(config, text);
      child.kill('SIGHUP');
    };
    try {
      // The one that has it started: it waits in the queue of the socket meanwhile.
      check('the first connection is answered', (await untilBody(ports.PORT)) === 'one');
      await says('READY=1', /READY=1/);
      await says('WATCHDOG=1', /WATCHDOG=1/);
      put(bootstrap(ports.PORT, 'two'));
      await says('RELOADING=1', /RELOADING=1 MONOTONIC_USEC=\d+/);
      await says('READY=1 after it', /READY=1/);
      check('SIGHUP has the file read', (await body(ports.PORT)) === 'two');
      put('static_resources: { listeners: [ { nme: web } ] }');
      await says('RELOADING=1 of a broken file', /RELOADING=1/);
      await says('READY=1 after a broken file', /READY=1/);
      check('a broken file changes nothing', (await body(ports.PORT)) === 'two');
      child.kill('SIGTERM');
      await says('STOPPING=1', /STOPPING=1/);
      check('SIGTERM ends it with 0', (await ended) === 0);
    } finally {
      child.kill('SIGKILL');
      states.end();
      await release();
    }
  });
}

/** The socket exists a moment after its process was started. */
async function untilBody(port: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await body(port);
    } catch (error) {
      if (attempt === 100 || (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

export async function run({ root }: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  const missing = ['systemd-notify', 'systemd-socket-activate', 'python3'].filter((one) => !isInstalled(one));
  if (missing.length > 0) return { passed, failed, lines: [`NOT RUN, missing ${missing.join(', ')}`] };
  for (const concurrency of [1, 2]) {
    const check = (what: string, isSo: boolean): void => {
      if (isSo) passed++;
      else {
        failed++;
        lines.push(`--concurrency ${concurrency}: ${what}: not so`);
      }
    };
    await observe(root, concurrency, check).catch((error: Error) => check(error.message, false));
  }
  return { passed, failed, lines };
}
