/** An `Io` that remembers what was said. */
import type { Io } from '../../cli/command.js';

export interface RecordedIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
}

export function recordedIo(cwd: string, more: Partial<Io> & { readonly input?: string } = {}): RecordedIo {
  let out = '';
  let err = '';
  const { input = '', ...rest } = more;
  return {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    stdin: async () => input,
    cwd,
    env: {},
    color: false,
    onSignal: () => () => undefined,
    ...rest,
    out: () => out,
    err: () => err,
  };
}
