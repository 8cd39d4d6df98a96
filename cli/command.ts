/**
 * The contract of a command: what `--help`, completion and the parser need to know, and the run itself. Data goes to
 * standard output, messages to standard error.
 */

/** What a command may touch of the process, so that tests own all of it. */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Everything on standard input. */
  stdin(): Promise<string>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True when messages go to a terminal that takes colour (`NO_COLOR`, `FORCE_COLOR` considered). */
  readonly color: boolean;
  /** Calls back once per SIGTERM or SIGINT. Returns a function that stops listening. */
  onSignal(listener: (signal: 'SIGTERM' | 'SIGINT') => void): () => void;
}

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Name of the value in `--help`, e.g. `FILE`. */
  readonly value?: string;
  /** May be repeated: all values are in `ParsedArguments.lists`, the last one in `values`. */
  readonly multiple?: boolean;
  /** Of a boolean: a value may follow after `=`. */
  readonly optionalValue?: boolean;
  /** The only values that are taken. */
  readonly choices?: readonly string[];
  readonly description: string;
}

export interface ParsedArguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  /** All values of options that may be repeated, in order. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
}

export interface Command {
  readonly name: string;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  /** What follows the name: `[ENTRY] [-o FILE]`. */
  readonly usage: string;
  /** One paragraph. */
  readonly description: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Most positional arguments. */
  readonly maxPositionals: number;
  readonly examples: readonly (readonly [line: string, effect: string])[];
  /** @returns the exit code: 0 good, 1 findings or a failed run, 2 wrong use. */
  run(args: ParsedArguments, io: Io): Promise<number>;
}

/** A mistake in how the command was called: printed with a hint at `--help`, exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
