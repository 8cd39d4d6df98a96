/**
 * Octets that were read and cannot be used yet: the beginning of a head, or requests behind the one that is served.
 * Copied together as they come, into memory that doubles: a peer that sends octet by octet costs no object for each.
 */
export class KeptOctets {
  /** The first `length` octets of it count. */
  private memory: Buffer | undefined = undefined;
  /** `memory` is ours and may be written behind `length`; the first piece is only borrowed. */
  private owned = false;
  length = 0;

  add(piece: Buffer): void {
    if (this.memory === undefined) {
      this.memory = piece;
      this.length = piece.length;
      return;
    }
    const { memory, length } = this;
    const needed = length + piece.length;
    if (!this.owned || needed > memory.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(1024, needed * 2));
      larger.set(memory.subarray(0, length));
      this.memory = larger;
      this.owned = true;
    }
    (this.memory as Buffer).set(piece, length);
    this.length = needed;
  }

  /** All of them in one buffer, which is the caller's; nothing is kept afterwards. */
  take(): Buffer {
    const all = (this.memory as Buffer).subarray(0, this.length);
    this.clear();
    return all;
  }

  clear(): void {
    this.memory = undefined;
    this.owned = false;
    this.length = 0;
  }
}
