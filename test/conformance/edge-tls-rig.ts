/**
 * The edge-tls project, started by one engine in a folder of its own, with ports of its own.
 */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeProjectPorts } from '../support/project-ports.js';
import { ProjectRun } from '../support/project-run.js';

export type Engine = 'envoy' | 'envoy3';

export class Edge {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #started: ProjectRun;
  #release = 0;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.env = env;
    this.#started = new ProjectRun('npm', ['start'], folder, env);
  }

  get port(): number {
    return Number(this.env.EDGE_PORT);
  }

  file(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  whenReady(): Promise<void> {
    return this.#started.says('Ctrl-C ends all of it.');
  }

  async stop(): Promise<void> {
    await this.#started.interrupt();
  }

  kill(): void {
    this.#started.kill();
  }

  /** Compiles, and waits until it is in force. */
  async build(env: Record<string, string>): Promise<void> {
    const release = String(++this.#release + 1);
    execFileSync(process.execPath, ['build.mjs'], {
      cwd: this.folder,
      env: { ...this.env, ...env, RELEASE: release },
      stdio: 'ignore',
    });
    for (let attempt = 0; attempt < 200; attempt++) {
      if ((await this.#answeredRelease().catch(() => '')) === release) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`release ${release} does not come into force`);
  }

  #answeredRelease(): Promise<string> {
    const pem = this.file('certificates/client.pem');
    return new Promise((done, fail) => {
      const options = {
        host: '127.0.0.1',
        port: this.port,
        path: '/release',
        agent: false as const,
        cert: pem,
        key: pem,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
      };
      get(options, (response) => {
        response.resume();
        done(String(response.headers['x-release']));
      }).on('error', fail);
    });
  }

  /** Runs one of the project's own clients, while the web server of this process answers. @returns what it prints */
  client(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    return new Promise((done) => {
      const options = { cwd: this.folder, env: { ...this.env, ...env }, timeout: 30_000 };
      execFile(process.execPath, args, options, (_error, stdout) => done(stdout));
    });
  }
}

export interface EdgeContext {
  readonly envoyBin: string;
  /** Folder of the package. */
  readonly root: string;
}

/** @param more besides the ports. @param use called when everything serves; it may end the edge */
export async function withEdge<T>(
  { envoyBin, root }: EdgeContext,
  engine: Engine,
  more: Readonly<Record<string, string>>,
  use: (edge: Edge) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `envoy3-edge-${engine}-`));
  cpSync(join(root, 'templates', 'projects', 'edge-tls'), folder, { recursive: true });
  const { env: ports, release } = await takeProjectPorts('edge-tls');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...ports,
    ...more,
    ENGINE: engine,
    ENVOY_BIN: envoyBin,
    ENVOY3_HOME: root,
  };
  const edge = new Edge(folder, env);
  try {
    await edge.whenReady();
    const result = await use(edge);
    await edge.stop();
    return result;
  } finally {
    edge.kill();
    await release();
    rmSync(folder, { recursive: true, force: true });
  }
}
