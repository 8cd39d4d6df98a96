/**
 * Child processes of a benchmark: started in a folder of their own, waited for until their port answers, their CPU time
 * read from /proc, and stopped by their own id.
 */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
}

/** A loopback port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}

/** Polls until the port accepts connections. @throws after ten seconds */
export async function waitForPort(port: number, name: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await answers(port)) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${name} does not listen on port ${port}`);
}

/** Starts a command with its output in `<folder>/<name>.log`. */
export function start(name: string, command: string, args: readonly string[], folder: string): Running {
  // A file, not a pipe: Envoy cannot open /dev/stdout when it is a socket.
  const log = openSync(join(folder, `${name}.log`), 'w');
  const child = spawn(command, [...args], { cwd: folder, stdio: ['ignore', log, log] });
  child.on('error', () => undefined);
  return { child, pid: child.pid ?? 0 };
}

/** With its children, which would go on without it (nginx's workers). */
export async function stop({ child, pid }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  const children = family(pid).slice(1);
  child.kill('SIGKILL');
  await ended;
  for (const one of children) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

/** Children of a process, all the way down (nginx's workers). */
function family(pid: number): number[] {
  let children: number[] = [];
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    children = text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [pid];
  }
  return [pid, ...children.flatMap(family)];
}

/** User and system time of a process, its threads and its children, in microseconds (resolution 10 ms). */
export function cpuMicroseconds(pid: number): number {
  let ticks = 0;
  for (const member of family(pid)) {
    const stat = readFileSync(`/proc/${member}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10_000;
}

export function isInstalled(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
