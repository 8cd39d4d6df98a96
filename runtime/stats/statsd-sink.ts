/**
 * The statsd line protocol: `prefix.name:value|type`, and DogStatsD's tags behind it (`|#name:value,...`).
 */
import type { StatsSink, StatsSnapshot } from './stats-sink.js';
import type { ExtractTags } from './tag-extractor.js';

/** Sends a datagram, or loses it: nobody waits for statistics. */
export interface DatagramSender {
  send(octets: Buffer): void;
  close(): void;
}

export interface StatsdOptions {
  /** Default of Envoy: `envoy`. */
  readonly prefix: string;
  /** DogStatsD; undefined: full names without tags. */
  readonly extractTags: ExtractTags | undefined;
  /** As many lines as fit go into one datagram; 0: a datagram each. */
  readonly maxDatagramBytes: number;
}

type NameAndTags = readonly [name: string, tags: string];

export class StatsdSink implements StatsSink {
  private readonly sender: DatagramSender;
  private readonly options: StatsdOptions;
  private readonly names = new Map<string, NameAndTags>();

  constructor(sender: DatagramSender, options: StatsdOptions) {
    this.sender = sender;
    this.options = options;
  }

  flush({ counters, gauges }: StatsSnapshot): void {
    let datagram = '';
    const add = (line: string): void => {
      const { maxDatagramBytes } = this.options;
      const joined = datagram === '' ? line : `${datagram}\n${line}`;
      if (datagram !== '' && Buffer.byteLength(joined) > maxDatagramBytes) {
        this.send(datagram);
        datagram = line;
      } else datagram = joined;
    };
    for (const { counter, delta } of counters) add(this.line(counter.name, delta, 'c'));
    for (const { name, value } of gauges) add(this.line(name, value, 'g'));
    if (datagram !== '') this.send(datagram);
  }

  onHistogramValue({ name }: { readonly name: string }, value: number): void {
    this.send(this.line(name, Math.floor(value), 'ms'));
  }

  close(): void {
    this.sender.close();
  }

  private line(fullName: string, value: number, type: string): string {
    let found = this.names.get(fullName);
    if (found === undefined) {
      found = this.nameOf(fullName);
      this.names.set(fullName, found);
    }
    const [name, tags] = found;
    return `${name}:${value}|${type}${tags}`;
  }

  private nameOf(fullName: string): NameAndTags {
    const { extractTags, prefix } = this.options;
    if (extractTags === undefined) return [`${prefix}.${fullName}`, ''];
    const { name, tags } = extractTags(fullName);
    const texts = tags.map((tag) => `${tag.name}:${tag.value}`);
    return [`${prefix}.${name}`, texts.length === 0 ? '' : `|#${texts.join(',')}`];
  }

  private send(text: string): void {
    this.sender.send(Buffer.from(text, 'utf8'));
  }
}
