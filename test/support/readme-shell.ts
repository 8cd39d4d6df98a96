/**
 * Runs what a README shows: the commands of its `console` blocks, one after the other in one shell, as somebody would type
 * them, each with the output that it promises. `...` in what is promised stands for anything, also for any number of lines.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ReadmeStep {
  /** Of the command, in the README. */
  readonly line: number;
  readonly command: string;
  readonly promised: string;
}

/** The commands of the `console` blocks: lines that begin with `$ `, with what stands below each. */
export function readmeSteps(text: string): ReadmeStep[] {
  const steps: { line: number; command: string; promised: string }[] = [];
  let inBlock = false;
  for (const [at, line] of text.split('\n').entries()) {
    if (line.startsWith('```')) inBlock = line === '```console';
    else if (!inBlock) continue;
    else if (line.startsWith('$ ')) steps.push({ line: at + 1, command: line.slice(2), promised: '' });
    else {
      const step = steps.at(-1);
      if (step === undefined) throw new Error(`line ${at + 1}: output without a command`);
      step.promised += `${line}\n`;
    }
  }
  return steps;
}

/** A regular expression for what is promised. */
export function promisePattern(promised: string): string {
  const parts = promised.split('...').map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return parts.join('[^]*?');
}

/** Whether an output is the promised one. */
export function keepsPromise(output: string, promised: string): boolean {
  return new RegExp(`^${promisePattern(promised)}$`).test(output);
}

/** Commands that only look: what they show may take a moment to come true, so they are asked again. */
const looks =
  /^(?:curl|tail|grep|openssl|node clients\/(?:grpc|websocket)\.mjs|(?:[A-Z_]+=\S+ )+node clients\/grpc\.mjs)\b/;

const patienceMs = 8000;

export class ReadmeShell {
  readonly #shell: ChildProcess;
  #output = '';
  #wake: () => void = () => undefined;
  #count = 0;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#shell = spawn('bash', ['--norc', '--noprofile'], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const lines = createInterface({ input: this.#shell.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      this.#output += `${line}\n`;
      this.#wake();
    });
    this.#shell.stdin?.write('exec 2>&1\n');
  }

  /** Waits until `isSo`. @returns false when it is not so in time */
  async #until(isSo: () => boolean, ms: number): Promise<boolean> {
    const deadline = Date.now() + ms;
    while (!isSo()) {
      const left = deadline - Date.now();
      if (left <= 0 || this.#shell.exitCode !== null) return false;
      await new Promise<void>((done) => {
        const timer = setTimeout(done, left);
        this.#wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
    return true;
  }

  /** @returns what it printed, when the shell is back. @throws when it does not come back */
  async #run(command: string): Promise<string> {
    const mark = `-- end of command ${++this.#count} --`;
    this.#output = '';
    this.#shell.stdin?.write(`${command}\necho '${mark}'\n`);
    if (!(await this.#until(() => this.#output.includes(`${mark}\n`), 4 * patienceMs))) {
      throw new Error(`'${command}' did not end:\n${this.#output}`);
    }
    this.#output = this.#output.replace(`${mark}\n`, '');
    return this.#output;
  }

  /** @throws Error with what it printed instead */
  async follow({ command, line, promised }: ReadmeStep): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      await this.#run(command);
      const isKept = () => keepsPromise(this.#output, promised);
      if (isKept()) return;
      const isBackground = command.endsWith('&') || command.startsWith('kill');
      if (isBackground && (await this.#until(isKept, patienceMs))) return;
      if (!looks.test(command) || Date.now() > deadline) {
        throw new Error(`README:${line}: $ ${command}\npromised:\n${promised}\nprinted:\n${this.#output}`);
      }
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Ends the shell and what it left running. */
  close(): void {
    try {
      process.kill(-(this.#shell.pid as number), 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}
