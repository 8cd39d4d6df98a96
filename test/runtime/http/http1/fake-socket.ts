/** A socket without a network: tests push what the peer sends and read what was written. */
import { Duplex } from 'node:stream';

export class FakeSocket extends Duplex {
  /** What was written, latin1. */
  written = '';
  /** Number of times that the stream below was asked to write. */
  writes = 0;
  readonly remoteAddress = '127.0.0.1';
  /** The connection was closed by RST. */
  wasReset = false;
  /** While true, what is written stays in the stream's buffer. */
  blocked = false;
  /** Called some time after each write. */
  onWritten: (() => void) | undefined;
  private waiting: (() => void)[] = [];

  constructor() {
    super({ allowHalfOpen: true, decodeStrings: true });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.record([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.record(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: () => void): void {
    done();
  }

  /** The peer sends octets. */
  receive(octets: string | Buffer): void {
    this.push(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets);
  }

  /** The peer closes its direction. */
  receiveEnd(): void {
    this.push(null);
  }

  resetAndDestroy(): void {
    this.wasReset = true;
    this.destroy();
  }

  /** Lets go what was blocked. */
  unblock(): void {
    this.blocked = false;
    const waiting = this.waiting;
    this.waiting = [];
    for (const done of waiting) done();
  }

  private record(chunks: readonly Buffer[], done: () => void): void {
    this.writes++;
    if (this.onWritten !== undefined) setImmediate(this.onWritten);
    for (const chunk of chunks) this.written += chunk.toString('latin1');
    if (this.blocked) this.waiting.push(done);
    else done();
  }
}

/** All that was put off to the end of the turn, and the events that follow from it. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
