/**
 * HTTP/1 or HTTP/2? On plain text an HTTP/2 client begins with its preface (RFC 9113 section 3.4), which no HTTP/1 request
 * can begin with.
 */
import type { Duplex } from 'node:stream';
import { writeAfter } from './write-queue.js';

/** Envoy looks at so much of the preface; the rest is the codec's to check. */
const start = Buffer.from('PRI * HTTP/2', 'latin1');

/**
 * Waits until the first octets tell which, calls back, and passes them on to the `data` listener that was added by then.
 * Nothing is called when the socket closes before.
 */
export function onFirstOctets(socket: Duplex, chosen: (isHttp2: boolean) => void): void {
  let seen: Buffer | undefined;
  const decide = (octets: Buffer): void => {
    const bytes = seen === undefined ? octets : Buffer.concat([seen, octets]);
    const size = Math.min(bytes.length, start.length);
    const matches = start.compare(bytes, 0, size, 0, size) === 0;
    if (matches && size < start.length) {
      seen = bytes;
      return;
    }
    socket.off('data', onData);
    socket.off('end', onEnd);
    chosen(matches);
    socket.emit('data', bytes);
  };
  const onData = (octets: Buffer): void => writeAfter(decide, octets);
  const onEnd = (): void => void socket.destroy();
  socket.on('data', onData);
  socket.once('end', onEnd);
  socket.resume();
}
