/**
 * Streams that we have reset not long ago. The peer may not know it yet, so what still comes for them is ignored, while
 * frames for streams that ended otherwise are errors (RFC 9113 section 5.1).
 */

/** A peer has at most as many streams on their way; older ones are forgotten. */
const capacity = 1024;

export class ResetStreams {
  private ids: Set<number> | undefined = undefined;

  add(id: number): void {
    this.ids ??= new Set();
    this.ids.add(id);
    if (this.ids.size <= capacity) return;
    for (const oldest of this.ids) {
      this.ids.delete(oldest);
      return;
    }
  }

  has(id: number): boolean {
    return this.ids?.has(id) === true;
  }
}
