import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../common/clock.js';

/** More than that is sent in pieces of that size. */
const pieceBytes = 65_536;
/** A client that takes no piece for that long is gone: nothing else ends a reply that nobody reads. */
export const stalledMs = 30_000;

/** Ends a reply with its body; the head is written already. */
export function sendBody(response: ServerResponse, body: Buffer, clock: Clock): void {
  let at = 0;
  let timer: Timer | undefined;
  const next = (): void => {
    timer?.cancel();
    timer = undefined;
    while (body.length - at > pieceBytes) {
      const piece = body.subarray(at, at + pieceBytes);
      at += pieceBytes;
      if (response.write(piece)) continue;
      timer = clock.setTimer(stalledMs, () => response.destroy());
      response.once('drain', next);
      return;
    }
    response.end(body.subarray(at));
  };
  if (body.length > pieceBytes) response.on('close', () => timer?.cancel());
  next();
}
