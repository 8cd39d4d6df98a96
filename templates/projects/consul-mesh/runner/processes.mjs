/**
 * Child processes: their output with a name before each line, and no way for them to stay behind.
 */
import { spawn } from 'node:child_process';

/** Time to finish what is under way before the end is forced: above `--drain-time-s`, so that requests end by themselves. */
const graceMs = 8000;

const running = new Set();

// Whatever ends this process ends the others.
process.on('exit', () => {
  for (const { child } of running) child.kill('SIGKILL');
});

function forward(name, stream) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) process.stderr.write(`[${name}] ${line}\n`);
  });
  stream.on('end', () => {
    if (rest !== '') process.stderr.write(`[${name}] ${rest}\n`);
  });
}

/** Starts a command. `ended` is fulfilled with a text that says how it ended. */
export function start(name, command, args, { cwd, env }) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in the terminal is for the runner, which ends the others in order, each softly.
    detached: process.platform !== 'win32',
  });
  forward(name, child.stdout);
  forward(name, child.stderr);
  const handle = { name, child, ended: undefined, stopping: false };
  running.add(handle);
  handle.ended = new Promise((done) => {
    const end = (how) => {
      running.delete(handle);
      done(how);
    };
    child.on('error', (error) => end(`could not be started: ${error.message}`));
    child.on('exit', (code, signal) => end(`ended with ${signal ?? `exit code ${code}`}`));
  });
  return handle;
}

/** Asks it to end, and forces it after a while. */
export async function stop(handle) {
  if (!running.has(handle)) return;
  handle.stopping = true;
  handle.child.kill('SIGTERM');
  const force = setTimeout(() => handle.child.kill('SIGKILL'), graceMs);
  await handle.ended;
  clearTimeout(force);
}

/** Ends all of them now. */
export function killAll() {
  for (const { child } of running) child.kill('SIGKILL');
}
