/**
 * The contract of statistics. Names are built once, when the configuration is built; a request only adds numbers.
 */

export interface Counter {
  readonly name: string;
  value: number;
  /** True once it was touched (`?usedonly`). */
  used: boolean;
  inc(): void;
  add(amount: number): void;
}

export interface Gauge {
  readonly name: string;
  value: number;
  used: boolean;
  inc(): void;
  dec(): void;
  set(value: number): void;
}

export interface Histogram {
  readonly name: string;
  /** `value` in the histogram's own unit (milliseconds for times). */
  record(value: number): void;
}

/** A text that is shown among the statistics, such as the version of a configuration. */
export interface TextReadout {
  readonly name: string;
  value: string;
  readonly used: boolean;
  set(value: string): void;
}

/** Names are Envoy's full names, e.g. `cluster.service1.upstream_rq_total`. The same name gives the same object. */
export interface StatsScope {
  counter(name: string): Counter;
  gauge(name: string): Gauge;
  histogram(name: string): Histogram;
  textReadout(name: string): TextReadout;
}
