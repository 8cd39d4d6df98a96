/**
 * How many requests of an interval went well: one bucket is written while the one before it is judged.
 */
export class SuccessRate {
  private total = 0;
  private successes = 0;
  private judgedTotal = 0;
  private judgedSuccesses = 0;

  count(isSuccess: boolean): void {
    this.total++;
    if (isSuccess) this.successes++;
  }

  /** The interval is over. */
  turn(): void {
    this.judgedTotal = this.total;
    this.judgedSuccesses = this.successes;
    this.total = 0;
    this.successes = 0;
  }

  /** Requests of the interval that is over. */
  get volume(): number {
    return this.judgedTotal;
  }

  /** Percent, of a volume that is not 0. */
  get percent(): number {
    return (this.judgedSuccesses * 100) / this.judgedTotal;
  }
}

export interface EjectionThreshold {
  readonly average: number;
  readonly threshold: number;
}

/**
 * Below which rate a host is an outlier: the mean of all less some standard deviations (of the whole population).
 * @param rates not empty. @param stdevFactor thousandths
 */
export function ejectionThreshold(rates: readonly number[], stdevFactor: number): EjectionThreshold {
  const average = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - average) ** 2, 0) / rates.length;
  return { average, threshold: average - (stdevFactor / 1000) * Math.sqrt(variance) };
}
