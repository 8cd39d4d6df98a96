/**
 * The way of one stream through the stream filters of its chain. Made only where a chain has such filters.
 *
 * Per direction there is a position: the filter that stopped the message, or none. What comes while it is stopped is shown
 * to that filter and kept; on continuing, the head and what was kept go to the filters after it.
 */
import type { HeaderList } from '../common/header-list.js';
import type { ResponseFlag, StreamInfo } from '../common/stream-info.js';
import type { Route, RouteRequest } from '../route/route-table.js';
import type { RequestHead, ResponseHead } from './codec.js';
import type { FilterStatus, HttpFilterChain, StreamFilter, StreamFilterCallbacks } from './filter.js';

/** Where the messages go to when they have passed all filters, and what the filters may ask of the stream. */
export interface FilterChainOwner {
  readonly info: StreamInfo;
  readonly request: RouteRequest;
  readonly route: Route | undefined;
  /** In octets, 0 = without limit. */
  readonly bufferLimitBytes: number;
  onDecodedHeaders(head: RequestHead, endStream: boolean): void;
  onDecodedData(data: Buffer, endStream: boolean): void;
  onDecodedTrailers(trailers: HeaderList): void;
  onEncodedHeaders(head: ResponseHead, endStream: boolean): void;
  onEncodedData(data: Buffer, endStream: boolean): void;
  onEncodedTrailers(trailers: HeaderList): void;
  /** A stopped request is longer than the limit. */
  onRequestTooLarge(): void;
  onResponseTooLarge(): void;
  setDecodingPaused(paused: boolean): void;
  setEncodingPaused(paused: boolean): void;
  clearRouteCache(): void;
  addFlag(flag: ResponseFlag): void;
  sendLocalReply(status: number, body: string, details: string, headers?: HeaderList): void;
}

type Head = RequestHead | ResponseHead;

/** One direction. The two subclasses say which hooks are called in which order, and where the message goes. */
abstract class Direction<H extends Head> {
  protected readonly filters: readonly StreamFilter[];
  protected readonly owner: FilterChainOwner;
  /** The filter that has stopped the message, counted in the order of this direction; -1: none has. */
  private stoppedAt = -1;
  private mayPause = false;
  private paused = false;
  private head: H | undefined = undefined;
  private headPassed = false;
  private kept: Buffer[] = [];
  private keptLength = 0;
  private trailers: HeaderList | undefined = undefined;
  private ended = false;
  private over = false;

  constructor(filters: readonly StreamFilter[], owner: FilterChainOwner) {
    this.filters = filters;
    this.owner = owner;
  }

  protected abstract onHeaders(filter: StreamFilter, head: H, endStream: boolean): FilterStatus;
  protected abstract onData(filter: StreamFilter, data: Buffer, endStream: boolean): FilterStatus;
  protected abstract onTrailers(filter: StreamFilter, trailers: HeaderList): FilterStatus;
  protected abstract passHeaders(head: H, endStream: boolean): void;
  protected abstract passData(data: Buffer, endStream: boolean): void;
  protected abstract passTrailers(trailers: HeaderList): void;
  protected abstract tooLarge(): void;
  protected abstract setPaused(paused: boolean): void;

  headers(head: H, endStream: boolean): void {
    this.head = head;
    this.ended = endStream;
    this.runHeaders(0);
  }

  data(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    if (endStream) this.ended = true;
    if (this.stoppedAt < 0) {
      this.runData(0, data, endStream);
      return;
    }
    this.showData(this.stoppedAt, data, endStream);
  }

  trailersCame(trailers: HeaderList): void {
    if (this.over) return;
    this.ended = true;
    this.trailers = trailers;
    if (this.stoppedAt < 0) {
      this.runTrailers(0);
      return;
    }
    const at = this.stoppedAt;
    const status = this.onTrailers(this.filters[at] as StreamFilter, trailers);
    if (status === 'continue' && this.stoppedAt === at && !this.over) this.resume(at);
  }

  /** @param at the filter that asks; others have no say */
  resume(at: number): void {
    if (this.over || this.stoppedAt !== at) return;
    this.stoppedAt = -1;
    this.runHeadersFrom(at + 1);
  }

  /** Forgets what is kept; nothing goes on any more. */
  end(): void {
    this.over = true;
    this.kept = [];
    this.head = undefined;
  }

  private runHeaders(from: number): void {
    this.headPassed = false;
    this.runHeadersFrom(from);
  }

  /** The head goes on, and after it what was kept. */
  private runHeadersFrom(from: number): void {
    const head = this.head as H;
    if (!this.headPassed) {
      const endsHere =
        this.ended && this.keptLength === 0 && this.kept.length === 0 && this.trailers === undefined;
      for (let at = from; at < this.filters.length; at++) {
        const status = this.onHeaders(this.filters[at] as StreamFilter, head, endsHere);
        if (this.over) return;
        if (status !== 'continue') {
          this.stop(at, status);
          return;
        }
      }
      this.headPassed = true;
      this.passHeaders(head, endsHere);
      if (this.over || endsHere) return;
    }
    this.runKept(from);
  }

  private runKept(from: number): void {
    const { kept } = this;
    this.kept = [];
    this.keptLength = 0;
    this.setPausedTo(false);
    for (let index = 0; index < kept.length; index++) {
      const isLast = index === kept.length - 1 && this.ended && this.trailers === undefined;
      this.runData(from, kept[index] as Buffer, isLast);
      if (this.over) return;
      if (this.stoppedAt >= 0) {
        for (const rest of kept.slice(index + 1)) this.keep(rest);
        return;
      }
    }
    if (this.trailers !== undefined) this.runTrailers(from);
  }

  private runData(from: number, data: Buffer, endStream: boolean): void {
    for (let at = from; at < this.filters.length; at++) {
      const status = this.onData(this.filters[at] as StreamFilter, data, endStream);
      if (this.over) return;
      if (status !== 'continue') {
        this.stop(at, status);
        this.keep(data);
        return;
      }
    }
    this.passData(data, endStream);
  }

  /** To the filter that has stopped the message: it may need the body to make up its mind. */
  private showData(at: number, data: Buffer, endStream: boolean): void {
    const filter = this.filters[at] as StreamFilter;
    const status = this.hasDataHook(filter) ? this.onData(filter, data, endStream) : 'stop';
    if (this.over) return;
    this.keep(data);
    if (this.over || this.stoppedAt !== at) return;
    if (status === 'pause') this.mayPause = true;
    if (status === 'continue') this.resume(at);
  }

  protected abstract hasDataHook(filter: StreamFilter): boolean;

  private runTrailers(from: number): void {
    const trailers = this.trailers as HeaderList;
    for (let at = from; at < this.filters.length; at++) {
      const status = this.onTrailers(this.filters[at] as StreamFilter, trailers);
      if (this.over) return;
      if (status !== 'continue') {
        this.stop(at, status);
        return;
      }
    }
    this.trailers = undefined;
    this.passTrailers(trailers);
  }

  private stop(at: number, status: FilterStatus): void {
    this.stoppedAt = at;
    this.mayPause = status === 'pause';
  }

  private keep(data: Buffer): void {
    this.kept.push(data);
    this.keptLength += data.length;
    const limit = this.owner.bufferLimitBytes;
    if (limit === 0 || this.keptLength <= limit) return;
    if (this.mayPause) this.setPausedTo(true);
    else this.tooLarge();
  }

  private setPausedTo(paused: boolean): void {
    if (this.paused === paused) return;
    this.paused = paused;
    this.setPaused(paused);
  }
}

class Decoding extends Direction<RequestHead> {
  protected onHeaders(filter: StreamFilter, head: RequestHead, endStream: boolean): FilterStatus {
    return filter.decodeHeaders?.(head, endStream) ?? 'continue';
  }
  protected onData(filter: StreamFilter, data: Buffer, endStream: boolean): FilterStatus {
    return filter.decodeData?.(data, endStream) ?? 'continue';
  }
  protected onTrailers(filter: StreamFilter, trailers: HeaderList): FilterStatus {
    return filter.decodeTrailers?.(trailers) ?? 'continue';
  }
  protected hasDataHook(filter: StreamFilter): boolean {
    return filter.decodeData !== undefined;
  }
  protected passHeaders(head: RequestHead, endStream: boolean): void {
    this.owner.onDecodedHeaders(head, endStream);
  }
  protected passData(data: Buffer, endStream: boolean): void {
    this.owner.onDecodedData(data, endStream);
  }
  protected passTrailers(trailers: HeaderList): void {
    this.owner.onDecodedTrailers(trailers);
  }
  protected tooLarge(): void {
    this.owner.onRequestTooLarge();
  }
  protected setPaused(paused: boolean): void {
    this.owner.setDecodingPaused(paused);
  }
}

class Encoding extends Direction<ResponseHead> {
  protected onHeaders(filter: StreamFilter, head: ResponseHead, endStream: boolean): FilterStatus {
    return filter.encodeHeaders?.(head, endStream) ?? 'continue';
  }
  protected onData(filter: StreamFilter, data: Buffer, endStream: boolean): FilterStatus {
    return filter.encodeData?.(data, endStream) ?? 'continue';
  }
  protected onTrailers(filter: StreamFilter, trailers: HeaderList): FilterStatus {
    return filter.encodeTrailers?.(trailers) ?? 'continue';
  }
  protected hasDataHook(filter: StreamFilter): boolean {
    return filter.encodeData !== undefined;
  }
  protected passHeaders(head: ResponseHead, endStream: boolean): void {
    this.owner.onEncodedHeaders(head, endStream);
  }
  protected passData(data: Buffer, endStream: boolean): void {
    this.owner.onEncodedData(data, endStream);
  }
  protected passTrailers(trailers: HeaderList): void {
    this.owner.onEncodedTrailers(trailers);
  }
  protected tooLarge(): void {
    this.owner.onResponseTooLarge();
  }
  protected setPaused(paused: boolean): void {
    this.owner.setEncodingPaused(paused);
  }
}

/** The callbacks of one filter: they know its place in the chain. */
class FilterPlace implements StreamFilterCallbacks {
  private readonly run: FilterChainRun;
  private readonly at: number;
  private readonly name: string;

  constructor(run: FilterChainRun, at: number, name: string) {
    this.run = run;
    this.at = at;
    this.name = name;
  }

  get info(): StreamInfo {
    return this.run.owner.info;
  }

  get request(): RouteRequest {
    return this.run.owner.request;
  }

  get route(): Route | undefined {
    return this.run.owner.route;
  }

  get routeConfig(): unknown {
    return this.run.owner.route?.typedPerFilterConfig(this.name);
  }

  clearRouteCache(): void {
    this.run.owner.clearRouteCache();
  }

  continueDecoding(): void {
    this.run.decoding.resume(this.at);
  }

  continueEncoding(): void {
    this.run.encoding.resume(this.run.filters.length - 1 - this.at);
  }

  addFlag(flag: ResponseFlag): void {
    this.run.owner.addFlag(flag);
  }

  sendLocalReply(status: number, body: string, details: string, headers?: HeaderList): void {
    this.run.owner.sendLocalReply(status, body, details, headers);
  }
}

export class FilterChainRun {
  readonly owner: FilterChainOwner;
  readonly filters: readonly StreamFilter[];
  readonly decoding: Decoding;
  readonly encoding: Encoding;

  constructor(chain: HttpFilterChain, owner: FilterChainOwner) {
    this.owner = owner;
    this.filters = chain.streamFilters.map(({ create, name }, at) => create(new FilterPlace(this, at, name)));
    this.decoding = new Decoding(this.filters, owner);
    this.encoding = new Encoding([...this.filters].reverse(), owner);
  }

  /** A local reply takes the place of the request's answer: nothing of the request goes on. */
  endDecoding(): void {
    this.decoding.end();
  }

  destroy(): void {
    this.decoding.end();
    this.encoding.end();
    for (const filter of this.filters) filter.onDestroy?.();
  }
}
