/**
 * A project that was laid down, started by `npm start` in a process group of its own, as a terminal does.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { promisePattern } from './readme-shell.js';

export class StartedProject {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  #look: () => void = () => undefined;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn('npm', ['start'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
        this.#look();
      });
    }
    process.once('exit', () => this.kill());
    this.#ended = new Promise((done) => this.#child.on('close', () => done()));
  }

  /** Waits until all of it was printed, with anything before and after. @throws when it ends before */
  async says(promised: string): Promise<void> {
    const pattern = new RegExp(promisePattern(promised));
    const said = new Promise<true>((done) => {
      this.#look = () => {
        if (pattern.test(this.#output)) done(true);
      };
      this.#look();
    });
    if ((await Promise.race([said, this.#ended])) === undefined) {
      throw new Error(`it ended before it said\n${promised}\nand had said\n${this.#output}`);
    }
  }

  /** Ctrl-C. @returns true when all that it started has ended */
  async stop(): Promise<boolean> {
    this.#signal('SIGINT');
    await this.#ended;
    return !this.#signal(0);
  }

  /** At once. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  /** @returns whether anybody is there */
  #signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-(this.#child.pid as number), signal);
    } catch {
      return false;
    }
  }
}
