/**
 * The real process as an `Io`.
 */
import type { Io } from './command.js';

/** https://no-color.org and FORCE_COLOR, else whether standard error is a terminal. */
function wantsColor(): boolean {
  if (process.env.NO_COLOR) return false;
  if (process.env.FORCE_COLOR) return process.env.FORCE_COLOR !== '0';
  return process.stderr.isTTY === true && process.env.TERM !== 'dumb';
}

export const processIo: Io = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  async stdin() {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  },
  cwd: process.cwd(),
  env: process.env,
  color: wantsColor(),
  onSignal(listener) {
    const terminate = () => listener('SIGTERM');
    const interrupt = () => listener('SIGINT');
    process.on('SIGTERM', terminate).on('SIGINT', interrupt);
    return () => void process.off('SIGTERM', terminate).off('SIGINT', interrupt);
  },
};
