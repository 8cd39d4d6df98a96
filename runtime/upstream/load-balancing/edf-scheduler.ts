/**
 * Earliest deadline first, Envoy's way to choose by weight: an entry of weight w falls due each 1/w, so over a while each
 * is chosen in proportion, and spread evenly instead of in runs. A binary heap ordered by deadline, then by age.
 */
export class EdfScheduler<T> {
  private readonly weightOf: (value: T) => number;
  private readonly values: T[] = [];
  private readonly deadlines: number[] = [];
  private readonly ages: number[] = [];
  private time = 0;
  private age = 0;

  /** @param weightOf more than 0; asked each time that an entry is put back, so it may change */
  constructor(values: readonly T[], weightOf: (value: T) => number) {
    this.weightOf = weightOf;
    for (const value of values) {
      const at = this.values.push(value) - 1;
      this.deadlines.push(0);
      this.ages.push(0);
      this.schedule(at);
      this.up(at);
    }
  }

  /** The entry that is due first; it is put back behind. */
  pick(): T | undefined {
    const value = this.values[0];
    if (value === undefined) return undefined;
    this.time = this.deadlines[0] as number;
    this.schedule(0);
    this.down();
    return value;
  }

  private schedule(at: number): void {
    this.deadlines[at] = this.time + 1 / this.weightOf(this.values[at] as T);
    this.ages[at] = this.age++;
  }

  private isBefore(left: number, right: number): boolean {
    const difference = (this.deadlines[left] as number) - (this.deadlines[right] as number);
    return difference === 0 ? (this.ages[left] as number) < (this.ages[right] as number) : difference < 0;
  }

  private swap(left: number, right: number): void {
    exchange(this.values, left, right);
    exchange(this.deadlines, left, right);
    exchange(this.ages, left, right);
  }

  private up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private down(): void {
    let at = 0;
    while (true) {
      const left = 2 * at + 1;
      if (left >= this.values.length) return;
      const right = left + 1;
      const child = right < this.values.length && this.isBefore(right, left) ? right : left;
      if (!this.isBefore(child, at)) return;
      this.swap(child, at);
      at = child;
    }
  }
}

function exchange<T>(list: T[], left: number, right: number): void {
  const value = list[left] as T;
  list[left] = list[right] as T;
  list[right] = value;
}
