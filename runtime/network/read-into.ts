/**
 * Reads an accepted socket into one buffer for all, as `onread` of `net.connect` does for sockets that connect. Node has no
 * such option for sockets that a server accepts, and else allocates 64 KiB for every read: 1 us of a small message's
 * 15, and in bulk most of the time, for the collector.
 *
 * What `onread` sets is set from outside here: two properties of the socket and a method of its handle. They are looked
 * for; a Node without them reads as ever.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

interface Internals {
  readonly buffer: symbol;
  readonly callback: symbol;
}

function findInternals(): Internals | undefined {
  const plain = new Set(Object.getOwnPropertySymbols(new Socket()));
  const given = { buffer: readBuffer, callback: () => true };
  // `onread` is no option of the constructor's type, though it is the one that takes it.
  const probe = new Socket({ onread: given } as object) as unknown as Record<symbol, unknown>;
  const symbols = [...plain, ...Object.getOwnPropertySymbols(probe)];
  const buffer = symbols.find((one) => probe[one] === given.buffer);
  const callback = symbols.find((one) => probe[one] === given.callback);
  return buffer === undefined || callback === undefined ? undefined : { buffer, callback };
}

const internals = findInternals();

interface Handle {
  useUserBuffer?(buffer: Buffer): void;
}

/**
 * @param onRead gets what was read; it is overwritten by the next read of any socket
 * @param onRest gets, before, what Node has read already
 * @returns false when the socket is to be read by 'data': one of TLS, or one that somebody else listens to
 */
export function readInto(
  socket: Duplex,
  onRead: (octets: Buffer) => void,
  onRest: (octets: Buffer) => void,
): boolean {
  if (internals === undefined || !(socket instanceof Socket) || socket instanceof TLSSocket) return false;
  for (const event of ['data', 'readable', 'newListener']) if (socket.listenerCount(event) > 0) return false;
  const own = socket as unknown as Record<symbol, unknown> & { readonly _handle?: Handle | null };
  const handle = own._handle;
  if (handle?.useUserBuffer === undefined) return false;
  own[internals.buffer] = readBuffer;
  own[internals.callback] = (octets: number): boolean => {
    onRead(readBuffer.subarray(0, octets));
    return true;
  };
  handle.useUserBuffer(readBuffer);
  for (let rest = socket.read() as Buffer | null; rest !== null; rest = socket.read() as Buffer | null) {
    onRest(rest);
  }
  return true;
}
