/** Addresses of this machine, also as a socket for both families shows them. */
function isLocal(address: string): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(address);
}

export interface ConnectionLimits {
  /** For one address of another machine. */
  readonly each: number;
  /** For one address of this machine, where many programs are behind one address. */
  readonly local: number;
}

/** Counts connections by address, so that one client cannot take all of them. */
export class ConnectionCount {
  readonly #limits: ConnectionLimits;
  readonly #counts = new Map<string, number>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Addresses that have a connection now. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts a connection. @returns false when there are too many; then it is not counted */
  take(address: string): boolean {
    const count = (this.#counts.get(address) ?? 0) + 1;
    if (count > (isLocal(address) ? this.#limits.local : this.#limits.each)) return false;
    this.#counts.set(address, count);
    return true;
  }

  /** One that was counted is gone. */
  free(address: string): void {
    const left = (this.#counts.get(address) ?? 1) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }
}
