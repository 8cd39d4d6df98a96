/**
 * Where spans go over HTTP: a POST to a cluster. Nobody waits for its answer, and a collector that is dead, slow or unknown
 * costs a counter.
 */
import { ownAddress } from '../common/own-address.js';
import type { HeaderList } from '../common/header-list.js';
import { setHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import type { TracerContext } from '../tracing/tracer.js';
import { AsyncHttpCall } from '../upstream/async-http-call.js';

export interface Collector {
  readonly cluster: string;
  readonly authority: string;
  readonly path: string;
  /** What the configuration adds to each request. */
  readonly headers: HeaderList;
  /** 0: none. */
  readonly timeoutMs: number;
}

/** Reports that are under way at once; more are not sent, so that a slow collector holds no memory. */
const maxReports = 64;

/** Host and path of an URI; without a scheme all of it is the path. @param absentHost for an URI without host */
export function splitUri(uri: string, absentHost: string): { authority: string; path: string } {
  const match = /^[^:/]*:\/\/([^/]*)(\/.*)?$/s.exec(uri);
  if (match === null) return { authority: absentHost, path: uri };
  return { authority: match[1] || absentHost, path: match[2] ?? '/' };
}

/** `HttpService.request_headers_to_add`, whose values here are plain texts. */
export function headersToAdd(service: Fields): HeaderList {
  const headers: HeaderList = [];
  for (const { header } of messagesOf(service.request_headers_to_add)) {
    const { key, value } = messageOf(header);
    headers.push(textOf(key).toLowerCase(), toOctets(textOf(value)));
  }
  return headers;
}

export class CollectorClient {
  private readonly collector: Collector;
  private readonly context: Pick<TracerContext, 'clock' | 'clusters'>;
  private underWay = 0;

  constructor(collector: Collector, context: Pick<TracerContext, 'clock' | 'clusters'>) {
    this.collector = collector;
    this.context = context;
  }

  /**
   * @param headers before those of the configuration, which replace them
   * @param done the status of the answer; 0: there was none; undefined: the cluster is unknown
   */
  send(headers: HeaderList, body: Buffer, done: (status: number | undefined) => void): void {
    const { collector, context } = this;
    const cluster = context.clusters.get(collector.cluster);
    if (cluster === undefined || this.underWay >= maxReports) {
      done(cluster === undefined ? undefined : 0);
      return;
    }
    const all = ['host', collector.authority, ...headers];
    for (let at = 0; at < collector.headers.length; at += 2) {
      setHeader(all, collector.headers[at] as string, collector.headers[at + 1] as string);
    }
    all.push('x-forwarded-for', ownAddress());
    const call = new AsyncHttpCall(
      cluster,
      {
        method: 'POST',
        path: collector.path,
        scheme: 'http',
        authority: collector.authority,
        headers: all,
        upgrade: '',
        protocol: 'HTTP/1.1',
      },
      body,
      (answer) => {
        this.underWay--;
        done(answer?.status ?? 0);
      },
    );
    this.underWay++;
    call.start(context.clock, collector.timeoutMs);
  }
}
