/**
 * Types what a README shows into one shell, one command after the other, so that folders, variables, `&` and `$!` mean what
 * they mean to a reader.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isInstalled } from '../bench/processes.js';
import type { ReadmeStep } from './readme-steps.js';
import { keepsPromise } from './readme-steps.js';

/** Commands that only look: what they show may take a moment to come true, so they are asked again. */
const looks =
  /^(?:[A-Z_]+=\S+ )*(?:(?:curl|dig|tail|grep|openssl|for|nc|printf|echo|npx envoy3 (?:route|discovery instances))\b|node (?:\S+\/)?(?:call|get|grpc|grpcurl|hosts|websocket|chat|say|ask)\.mjs\b(?!.*--times))(?!.*-X ?(?:PUT|DELETE))/;

/** For a promise to come true, and four times that for a command to end. In milliseconds. */
const patienceMs = 10_000;

export class ReadmeShell {
  readonly #shell: ChildProcess;
  #output = '';
  #wake: () => void = () => undefined;
  #count = 0;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    const [shell, args] = isInstalled('bash') ? ['bash', ['--norc', '--noprofile']] : ['sh', []];
    this.#shell = spawn(shell, args, {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, which ends as one.
      detached: true,
    });
    const lines = createInterface({ input: this.#shell.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      this.#output += `${line}\n`;
      this.#wake();
    });
    this.#shell.on('exit', () => this.#wake());
    // On a terminal curl shows no progress beside an answer.
    this.#shell.stdin?.write('exec 2>&1\ncurl() { command curl --no-progress-meter "$@"; }\n');
  }

  /** Waits until `isSo`. @returns false when it is not so in time, or the shell has ended */
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

  /** @returns its exit code, when the shell is back; what it printed is in `#output` @throws when it does not come back */
  async #run(command: string): Promise<number> {
    // What it prints last may have no line end.
    const mark = `-- end of command ${++this.#count} --`;
    const end = new RegExp(`\\n?${mark} (\\d+)\\n`);
    this.#output = '';
    this.#shell.stdin?.write(`${command}\nprintf '\\n%s %s\\n' '${mark}' "$?"\n`);
    if (!(await this.#until(() => end.test(this.#output), 4 * patienceMs))) {
      throw new Error(`'${command}' did not end:\n${this.#output}`);
    }
    const code = Number(end.exec(this.#output)?.[1]);
    this.#output = this.#output.replace(end, '');
    return code;
  }

  /** The folder where it is now. */
  async folder(): Promise<string> {
    await this.#run('pwd');
    return this.#output.trim();
  }

  /** @throws Error with what it printed instead */
  async follow({ command, line, promised }: ReadmeStep): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const code = await this.#run(command);
      const isKept = (): boolean =>
        promised === undefined ? code === 0 : keepsPromise(this.#output, promised);
      if (isKept()) return;
      const isBackground = command.endsWith('&') || command.startsWith('kill');
      if (isBackground && (await this.#until(isKept, patienceMs))) return;
      if (!looks.test(command) || Date.now() > deadline) {
        const expected = promised ?? 'exit code 0\n';
        throw new Error(
          `README:${line}: $ ${command}\npromised:\n${expected}\nprinted (exit code ${code}):\n${this.#output}`,
        );
      }
      await new Promise((done) => setTimeout(done, 100));
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
