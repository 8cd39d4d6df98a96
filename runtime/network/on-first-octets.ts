/**
 * Decides about a connection when its client has said something, while the filter behind is set up already (it may have
 * to speak first).
 */
import type { Duplex } from 'node:stream';

/**
 * Nothing is read while somebody listens for 'readable', whoever else listens for 'data'; the octets go on to them when
 * the last one has left.
 * @param decide called when there are octets or the client has ended; false keeps them back for good
 */
export function onFirstOctets(socket: Duplex, decide: () => boolean): void {
  const onReadable = (): void => {
    if (decided) return;
    decided = true;
    if (decide()) socket.off('readable', onReadable);
  };
  let decided = false;
  socket.on('readable', onReadable);
}
