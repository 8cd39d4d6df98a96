/**
 * A README run to the letter: the commands of its `console` blocks, one after the other in one shell, and what it promises
 * under each.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';

export interface ReadmeStep {
  readonly command: string;
  /** Lines that must come; `...` stands for anything within its line, two spaces for two or more (columns). */
  readonly expected: string;
}

/** The commands of a README. A line that begins with `$ ` is one; what follows is its output. */
export function readmeSteps(markdown: string): readonly ReadmeStep[] {
  return [...markdown.matchAll(/^```console\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const end = text.indexOf('\n');
        return { command: text.slice(0, end), expected: tidy(text.slice(end + 1)) };
      }),
  );
}

/** Spaces at the ends of lines, and empty lines at the end, are nothing that one sees. */
function tidy(text: string): string {
  return text.replace(/[ \t]+$/gm, '').trimEnd();
}

export function keepsPromise(output: string, { expected }: ReadmeStep): boolean {
  const pattern = expected
    .split('...')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ {2,}/g, ' {2,}'));
  return new RegExp(`^${pattern.join('.*')}$`).test(tidy(output));
}

/** One shell for all commands, so that `&` and `$!` mean what they mean to a reader. */
export class ReadmeSession {
  readonly #shell: ChildProcess;
  #output = '';
  #heard: () => void = () => undefined;
  #turn = 0;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#shell = spawn('sh', [], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, which ends as one.
      detached: true,
    });
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
        this.#heard();
      });
    }
    this.#shell.on('exit', () => this.#heard());
  }

  /** @returns what it printed, on either stream, until it was over @throws when the shell ends */
  run(command: string): Promise<string> {
    const mark = `-- over ${this.#turn++} --\n`;
    this.#output = '';
    this.#shell.stdin?.write(`${command}\nprintf '%s\\n' '${mark.trim()}'\n`);
    return new Promise((done, fail) => {
      this.#heard = () => {
        const end = this.#output.indexOf(mark);
        if (end >= 0) done(this.#output.slice(0, end));
        else if (this.#shell.exitCode !== null) fail(new Error(`the shell ended: ${this.#output}`));
      };
      this.#heard();
    });
  }

  /** Ends the shell, and what it left in the background. */
  close(): void {
    const { pid } = this.#shell;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nothing is left.
    }
  }
}
