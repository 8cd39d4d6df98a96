/**
 * A project of `templates/projects` as a user has it: a copy in a folder of its own, started as a process, on free ports.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Free on all addresses, held until all are known, so that they differ. @returns them by the names of their variables */
export async function freePorts<const Name extends string>(
  variables: readonly Name[],
): Promise<Readonly<Record<Name, string>>> {
  const servers = await Promise.all(
    variables.map(
      () =>
        new Promise<ReturnType<typeof createServer>>((done, fail) => {
          const server = createServer().on('error', fail);
          server.listen(0, '0.0.0.0', () => done(server));
        }),
    ),
  );
  const ports = servers.map((server) => String((server.address() as { port: number }).port));
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return Object.fromEntries(variables.map((name, at) => [name, ports[at]])) as Record<Name, string>;
}

/** The runner of a project (`run.mjs`), with all that it said. */
export class ProjectProcess {
  readonly child: ChildProcess;
  output = '';
  readonly ended: Promise<number | null>;
  #waiting: { text: string; done: () => void } | undefined;

  /** @param shell as npm does it: in a shell that passes no signal on */
  constructor(folder: string, env: NodeJS.ProcessEnv, shell = false) {
    const command = shell ? 'sh' : process.execPath;
    const args = shell ? ['-c', `"${process.execPath}" run.mjs; exit $?`] : ['run.mjs'];
    this.child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.output += chunk;
        this.#look();
      });
    }
    this.ended = new Promise((done) => this.child.on('exit', (code) => done(code)));
  }

  #look(): void {
    if (this.#waiting !== undefined && this.output.includes(this.#waiting.text)) this.#waiting.done();
  }

  /** Waits until it says so. @throws when it ends before */
  async says(text: string): Promise<void> {
    const said = new Promise<void>((done) => {
      this.#waiting = { text, done };
      this.#look();
    });
    const how = await Promise.race([said, this.ended.then((code) => `ended with ${code}`)]);
    if (how !== undefined) throw new Error(`${how} before it said '${text}':\n${this.output}`);
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
