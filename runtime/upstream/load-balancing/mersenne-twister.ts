/**
 * MT19937, the random numbers of the C++ library that Envoy shuffles hosts with: the same seed gives the same order.
 * M. Matsumoto and T. Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998).
 */
const size = 624;
const distance = 397;

export class MersenneTwister {
  private readonly state = new Uint32Array(size);
  private at = size;

  /** @param seed unsigned, of 32 bits */
  constructor(seed: number) {
    const { state } = this;
    state[0] = seed;
    for (let index = 1; index < size; index++) {
      const before = state[index - 1] as number;
      state[index] = Math.imul(1812433253, before ^ (before >>> 30)) + index;
    }
  }

  private twist(): void {
    const { state } = this;
    for (let index = 0; index < size; index++) {
      const joined =
        ((state[index] as number) & 0x80000000) | ((state[(index + 1) % size] as number) & 0x7fffffff);
      const far = state[(index + distance) % size] as number;
      state[index] = far ^ (joined >>> 1) ^ ((joined & 1) === 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }

  /** An unsigned number of 32 bits. */
  next(): number {
    if (this.at === size) this.twist();
    let value = this.state[this.at++] as number;
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c5680;
    value ^= (value << 15) & 0xefc60000;
    value ^= value >>> 18;
    return value >>> 0;
  }

  /** A number of [0, end), all as likely, drawn as Envoy draws it. */
  below(end: number): number {
    const width = Math.floor(2 ** 32 / end);
    let drawn = end;
    while (drawn >= end) drawn = Math.floor(this.next() / width);
    return drawn;
  }
}
