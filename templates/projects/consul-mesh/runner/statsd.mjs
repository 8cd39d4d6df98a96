/**
 * The statsd server of this node: what statsite does, without shipping it. It keeps `run/statsd.txt`: counters summed up,
 * of everything else the last value.
 */
import { createSocket } from 'node:dgram';
import { renameSync, writeFileSync } from 'node:fs';

const writeEveryMs = 200;

/** @returns `received`, the number of names so far, and `close` */
export function receiveStatsd(port, file) {
  const values = new Map();
  let changed = true;
  const socket = createSocket('udp4').on('message', (datagram) => {
    for (const line of datagram.toString().split('\n')) {
      const [, name, value, kind] = /^(.*):([^:|]*)\|(\w+)/.exec(line) ?? [];
      if (name === undefined) continue;
      values.set(name, kind === 'c' ? (values.get(name) ?? 0) + Number(value) : value);
      changed = true;
    }
  });
  const write = () => {
    if (!changed) return;
    changed = false;
    const lines = [...values].map(([name, value]) => `${name} ${value}\n`);
    writeFileSync(`${file}.new`, lines.sort().join(''));
    renameSync(`${file}.new`, file);
  };
  const timer = setInterval(write, writeEveryMs);
  return new Promise((done, fail) => {
    socket.on('error', fail).bind(port, '127.0.0.1', () => {
      done({
        received: () => values.size,
        close: () => {
          clearInterval(timer);
          socket.close();
        },
      });
    });
  });
}
