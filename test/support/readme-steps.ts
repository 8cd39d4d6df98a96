/**
 * The commands that a README shows, and what it promises of each. They are the lines of blocks marked `sh`, and those after
 * `$ ` in blocks marked `console`, whose other lines are what the command before prints; `...` stands for anything, also for
 * any number of lines, and two spaces for two or more (columns). Blocks marked `envoy` as well are for real Envoy alone.
 */
export interface ReadmeStep {
  /** Of the command, in the README. */
  readonly line: number;
  readonly command: string;
  /** Undefined when the README does not say what it prints: it has to end well. */
  readonly promised?: string;
}

const openings = /^```(sh|console)( envoy)?$/;

/** @param forEnvoy with the blocks for real Envoy @throws Error when a block shows an output without its command */
export function readmeSteps(markdown: string, forEnvoy = false): ReadmeStep[] {
  const steps: { line: number; command: string; promised?: string }[] = [];
  let block: string | undefined;
  let isContinued = false;
  for (const [at, text] of markdown.split('\n').entries()) {
    if (text.startsWith('```')) {
      const [, kind, mark] = block === undefined ? (openings.exec(text) ?? []) : [];
      block =
        block === undefined ? (mark !== undefined && !forEnvoy ? 'other' : (kind ?? 'other')) : undefined;
      isContinued = false;
      continue;
    }
    const last = steps.at(-1);
    if (block === 'sh') {
      const line = text.replace(/\\$/, '');
      if (isContinued && last !== undefined) last.command += line;
      else if (line.trim() !== '') steps.push({ line: at + 1, command: line });
      isContinued = text.endsWith('\\');
    } else if (block === 'console') {
      if (text.startsWith('$ ')) steps.push({ line: at + 1, command: text.slice(2), promised: '' });
      else if (last?.promised === undefined) throw new Error(`line ${at + 1}: output without a command`);
      else last.promised += `${text}\n`;
    }
  }
  return steps;
}

/**
 * Spaces at the ends of lines, and empty lines before and after, are nothing that one sees. What runs in the background may
 * write between the line end that closes an output and the mark that ends it.
 */
const tidy = (text: string): string =>
  text
    .replaceAll(/[ \t\r]+$/gm, '')
    .replace(/^\n+/, '')
    .trimEnd();

/** A regular expression for what is promised. */
export function promisePattern(promised: string): string {
  return tidy(promised)
    .split('...')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll(/ {2,}/g, ' {2,}'))
    .join('[^]*?');
}

/** Whether an output is the promised one. */
export function keepsPromise(output: string, promised: string): boolean {
  return new RegExp(`^${promisePattern(promised)}$`).test(tidy(output));
}
