/**
 * Spans that wait for their collector: they leave together, when there are enough of them or when the first has waited long
 * enough. A timer runs only while something waits.
 */
import type { Clock, Timer } from '../common/clock.js';
import type { Counter } from '../stats/stat.js';
import type { TracerContext } from '../tracing/tracer.js';

export interface SpanBufferOptions<T> {
  readonly clock: Clock;
  /** So many spans leave at once. */
  readonly minFlushSpans: number;
  readonly flushIntervalMs: number;
  /** Spans that may wait; further ones are dropped. Infinite: without limit. */
  readonly maxSpans: number;
  readonly timerFlushed: Counter;
  /** undefined: the tracer has no such statistic. */
  readonly dropped: Counter | undefined;
  send(spans: readonly T[]): void;
}

/** @param prefix of the runtime keys: `tracing.zipkin.` */
export function bufferSettings(
  prefix: string,
  { runtimeNumber }: Pick<TracerContext, 'runtimeNumber'>,
): Pick<SpanBufferOptions<never>, 'minFlushSpans' | 'flushIntervalMs'> {
  return {
    minFlushSpans: runtimeNumber(`${prefix}min_flush_spans`) ?? 5,
    flushIntervalMs: runtimeNumber(`${prefix}flush_interval_ms`) ?? 5000,
  };
}

export class SpanBuffer<T> {
  private readonly options: SpanBufferOptions<T>;
  private spans: T[] = [];
  private timer: Timer | undefined = undefined;

  constructor(options: SpanBufferOptions<T>) {
    this.options = options;
  }

  add(span: T): void {
    const { clock, dropped, flushIntervalMs, maxSpans, minFlushSpans, timerFlushed } = this.options;
    if (this.spans.length >= maxSpans) {
      dropped?.inc();
      return;
    }
    this.spans.push(span);
    if (this.spans.length >= minFlushSpans) this.flush();
    else {
      this.timer ??= clock.setTimer(flushIntervalMs, () => {
        timerFlushed.inc();
        this.flush();
      });
    }
  }

  private flush(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const { spans } = this;
    this.spans = [];
    this.options.send(spans);
  }
}
