/**
 * Ports for processes that are told their ports, and so cannot listen on port 0. A port that was found free and given back
 * may be somebody else's a moment later; here a block of ports belongs to a test as long as it holds the first of them.
 */
import type { Server } from 'node:net';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to outgoing connections (32768 and up), which may take any of theirs at any time, and
 * above those of well-known services, and above 15000, which is a time-out in many answers that are compared.
 */
const firstPort = 16_000;
const blockSize = 32;
const blocks = Math.floor((32_000 - firstPort) / blockSize);

export interface PortBlock<Name extends string> {
  /** As text, as an environment wants them. */
  readonly ports: Readonly<Record<Name, string>>;
  /** Gives the block back. */
  release(): Promise<void>;
}

/** @returns the server, or undefined when the port is taken */
function hold(port: number): Promise<Server | undefined> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? done(undefined) : fail(error),
    );
    // On all addresses: what listens on any of them is noticed.
    server.listen(port, '0.0.0.0', () => done(server));
  });
}

const close = (server: Server): Promise<void> => new Promise((done) => server.close(() => done()));

/** Takes a block whose ports nobody listens on. Whoever takes blocks by this function, in any process, gets another one. */
export async function takePorts<const Name extends string>(names: readonly Name[]): Promise<PortBlock<Name>> {
  if (names.length >= blockSize) throw new RangeError(`a block has ${blockSize - 1} ports to give`);
  // Runs that start at the same time should not try the same blocks one after the other.
  const start = process.pid % blocks;
  for (let at = 0; at < blocks; at++) {
    const base = firstPort + ((start + at) % blocks) * blockSize;
    const lock = await hold(base);
    if (lock === undefined) continue;
    const ports = names.map((_, index) => base + 1 + index);
    const held = await Promise.all(ports.map(hold));
    await Promise.all(held.map((server) => server && close(server)));
    if (held.includes(undefined)) {
      await close(lock);
      continue;
    }
    lock.unref();
    return {
      ports: Object.fromEntries(names.map((name, index) => [name, String(ports[index])])) as Record<
        Name,
        string
      >,
      release: () => close(lock),
    };
  }
  throw new Error('no block of ports is free');
}

/** What `reservePort` has left of its block. */
let left: number[] = [];

/**
 * Ports of blocks that belong to this process until it ends: nobody who takes blocks, in any process, gets them, nor does
 * an outgoing connection.
 */
export async function reservePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    if (left.length === 0) {
      const names = Array.from({ length: blockSize - 1 }, (_one, at) => String(at));
      left = Object.values((await takePorts(names)).ports).map(Number);
    }
    found.push(...left.splice(0, count - found.length));
  }
  return found;
}

/** One of them. */
export async function reservePort(): Promise<number> {
  const [port = 0] = await reservePorts(1);
  return port;
}
