/**
 * A project of `templates/projects` as a user has it: copied as `envoy3 init` copies it, in a folder of its own.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from '../../cli/main.js';
import { withFolder } from './temporary-folder.js';

/** The folder of package.json; this file runs from `dist/test/support`. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

export function templateFolder(name: string): string {
  return join(root, 'templates', 'projects', name);
}

/** What `npm start` of a project prints when all of it serves. */
export function readyText(project: string): string {
  return project === 'minimal' ? 'all dependencies initialized. starting workers' : 'Ctrl-C ends all of it.';
}

/** `envoy3 init`. @throws with what it said */
export async function initProject(name: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  let said = '';
  const code = await main(['init', '--template', name], {
    stdout: () => undefined,
    stderr(text) {
      said += text;
    },
    stdin: async () => '',
    cwd: folder,
    env: {},
    color: false,
    onSignal: () => () => undefined,
  });
  if (code !== 0) throw new Error(said);
}

/** A project in a folder that is gone when `use` has ended. */
export function withProject<T>(name: string, use: (folder: string) => Promise<T>): Promise<T> {
  return withFolder({}, async (folder) => {
    await initProject(name, folder);
    return use(folder);
  });
}

/** A process of a project with all that it said. */
export class ProjectRun {
  readonly child: ChildProcess;
  /** Of both streams. */
  output = '';
  stdout = '';
  /** Exit code, null after a signal; fulfilled when its output is whole. */
  readonly ended: Promise<number | null>;
  readonly #waiting = new Set<() => void>();

  /** The process leads a group of its own, so that `interrupt` reaches what a terminal would reach. */
  constructor(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.child = spawn(command, [...args], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk;
      this.#take(chunk);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
    this.ended = new Promise((done, fail) => {
      this.child.on('error', fail);
      this.child.on('close', (code) => done(code));
    });
    this.ended.catch(() => undefined);
  }

  #take(chunk: string): void {
    this.output += chunk;
    for (const look of this.#waiting) look();
  }

  /** Waits until it says so, or has said so. @throws when it ends before */
  async says(text: string | RegExp): Promise<void> {
    const isSaid = (): boolean =>
      typeof text === 'string' ? this.output.includes(text) : text.test(this.output);
    const said = new Promise<void>((done) => {
      const look = (): void => {
        if (!isSaid()) return;
        this.#waiting.delete(look);
        done();
      };
      this.#waiting.add(look);
      look();
    });
    const how = await Promise.race([said, this.ended.then((code) => `ended with ${code}`)]);
    if (how !== undefined) throw new Error(`${how} before it said '${text}':\n${this.output}`);
  }

  /** Ctrl-C in its terminal. @returns its exit code */
  interrupt(): Promise<number | null> {
    this.#signalGroup('SIGINT');
    return this.ended;
  }

  /** Ends whatever is left of it. */
  kill(): void {
    this.#signalGroup('SIGKILL');
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // It has ended.
    }
  }
}

/** Ids of processes that have this text on their command line. */
export function processesOf(text: string): string[] {
  return readdirSync('/proc').filter((id) => {
    if (!/^\d+$/.test(id) || id === String(process.pid)) return false;
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}

export interface GetOptions {
  readonly tls?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** GET on a connection of its own to the loopback. @returns `200 body`. Certificates are not looked at. */
export function get(
  port: string,
  path: string,
  { headers = {}, tls = false }: GetOptions = {},
): Promise<string> {
  return new Promise((done, fail) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      headers,
      agent: false as const,
      rejectUnauthorized: false,
    };
    const request = (tls ? httpsRequest : httpRequest)(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done(`${response.statusCode} ${text}`));
    });
    request.on('error', fail);
    request.end();
  });
}
