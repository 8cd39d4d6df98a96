/**
 * `--engine envoy`: real Envoy with the flags that it shares with `envoy3 serve`.
 */
import { spawn } from 'node:child_process';
import type { Io, ParsedArguments } from '../command.js';

const ours: ReadonlySet<string> = new Set(['engine', 'no-watch']);

/** @returns Envoy's exit code; 1 when it cannot be started */
export function runEnvoy(args: ParsedArguments, io: Io): Promise<number> {
  const binary = io.env.ENVOY_BIN ?? 'envoy';
  const flags = Object.entries(args.values).flatMap(([name, value]) =>
    ours.has(name) ? [] : value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
  return new Promise((done) => {
    const child = spawn(binary, flags, { cwd: io.cwd, stdio: 'inherit' });
    const stop = io.onSignal((signal) => void child.kill(signal));
    child.on('error', (error) => {
      stop();
      io.stderr(`envoy3: real Envoy could not be started (${error.message}); set ENVOY_BIN to its binary\n`);
      done(1);
    });
    child.on('exit', (code, signal) => {
      stop();
      done(signal === null ? (code ?? 1) : 1);
    });
  });
}
