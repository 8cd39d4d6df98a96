/**
 * Workers of the edge-tls project that come and go, with a WebSocket open to one that goes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Edge, Engine } from './edge-tls-rig.js';

/** Those that follow `run/xds/workers.yaml`. */
export const enginesWithFileXds: readonly Engine[] = ['envoy', 'envoy3'];

async function knows(edge: Edge, worker: string, isThere: boolean): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${edge.env.ADMIN_PORT}/clusters`);
    if ((await answer.text()).includes(`workers::${worker}:`) === isThere)
      return isThere ? 'known' : 'forgotten';
    await new Promise((done) => setTimeout(done, 50));
  }
  return 'not in time';
}

interface Answered {
  readonly socket: WebSocket;
  readonly text: string;
}

async function say(socket: WebSocket, text: string): Promise<Answered> {
  socket.send(text);
  const [data] = (await once(socket, 'message')) as [Buffer];
  return { socket, text: String(data) };
}

async function open(edge: Edge, text: string): Promise<Answered> {
  const options = { rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
  const socket = new WebSocket(`wss://127.0.0.1:${edge.port}/worker`, options);
  await once(socket, 'open');
  return say(socket, text);
}

/** Who answers, of so many as go round all workers twice. */
async function whoAnswers(edge: Edge): Promise<string> {
  const names = new Set<string>();
  for (let turn = 0; turn < 6; turn++) {
    const { socket, text } = await open(edge, 'who');
    socket.terminate();
    names.add(text);
  }
  return [...names].sort().join();
}

async function openTo(edge: Edge, worker: string): Promise<Answered> {
  for (let turn = 0; turn < 10; turn++) {
    const answered = await open(edge, 'hello');
    if (answered.text.startsWith(worker)) return answered;
    answered.socket.terminate();
  }
  throw new Error(`${worker} takes no WebSocket`);
}

/** @returns each step, and what was met */
export async function observeWorkers(edge: Edge): Promise<Map<string, string>> {
  const met = new Map<string, string>();
  // The configuration of the start, whatever was built since.
  await edge.build({});
  met.set('workers at the start', await whoAnswers(edge));
  const options = { cwd: edge.folder, env: edge.env, stdio: 'ignore' as const };
  const worker = spawn(process.execPath, ['worker.mjs', '3'], options);
  const ended = once(worker, 'exit');
  try {
    met.set('a worker comes', await knows(edge, '127.0.3.3', true));
    met.set('it takes its part', await whoAnswers(edge));
    const { socket } = await openTo(edge, 'worker-3');
    worker.kill('SIGTERM');
    met.set('a worker goes', await knows(edge, '127.0.3.3', false));
    met.set('who is left', await whoAnswers(edge));
    met.set('its WebSocket goes on', (await say(socket, 'still there')).text);
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    met.set('and ends with the worker', `${code} ${reason}`);
    await ended;
  } finally {
    worker.kill('SIGKILL');
  }
  return met;
}
