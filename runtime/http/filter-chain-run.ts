/**
 * The way of one stream through the stream filters of its chain. Made only where a chain has such filters.
 *
 * What a filter holds back stands in a *hold* at its place, made when it first does so. A part of the message passes the
 * filters before that place as usual, is shown to the filter that holds, and is kept; on continuing, the head and what was
 * kept go to the filters after it. So two filters may hold the same message, each its own part of it.
 */
import type { HeaderList } from '../common/header-list.js';
import type { ResponseFlag, StreamInfo } from '../common/stream-info.js';
import type { Route, RouteRequest } from '../route/route-table.js';
import type { RequestHead, ResponseHead } from './codec.js';
import type {
  FilterStatus,
  HttpFilterChain,
  StreamConnection,
  StreamFilter,
  StreamFilterCallbacks,
} from './filter.js';

/** Where the messages go to when they have passed all filters, and what the filters may ask of the stream. */
export interface FilterChainOwner {
  readonly info: StreamInfo;
  readonly request: RouteRequest;
  readonly route: Route | undefined;
  readonly streamConnection: StreamConnection;
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
  setDynamicMetadata(filter: string, values: Readonly<Record<string, unknown>>): void;
  markHealthCheck(): void;
  sendLocalReply(status: number, body: string | Buffer, details: string, headers?: HeaderList): void;
  sendResponse(status: number, headers: HeaderList, details: string): void;
}

type Head = RequestHead | ResponseHead;

/** What a filter holds back. */
class Hold {
  /** Nothing passes this place. */
  stopped = false;
  hasHead = false;
  kept: Buffer[] = [];
  keptLength = 0;
  trailers: HeaderList | undefined = undefined;
  /** The end of the message is among what is held. */
  ended = false;
  /** Beyond the limit the sender waits. */
  mayPause = false;
  pauses = false;
}

/** One direction. The two subclasses say which hooks are called in which order, and where the message goes. */
abstract class Direction<H extends Head> {
  protected readonly filters: readonly StreamFilter[];
  protected readonly owner: FilterChainOwner;
  /** By place; undefined where nothing was ever held. */
  private holds: (Hold | undefined)[] | undefined = undefined;
  private head: H | undefined = undefined;
  private pausing = 0;
  private over = false;
  /** In octets, 0 = without limit. */
  limit: number;

  constructor(filters: readonly StreamFilter[], owner: FilterChainOwner) {
    this.filters = filters;
    this.owner = owner;
    this.limit = owner.bufferLimitBytes;
  }

  protected abstract onHeaders(filter: StreamFilter, head: H, endStream: boolean): FilterStatus;
  /** @returns `absent` when the filter has no such hook */
  protected abstract onData(filter: StreamFilter, data: Buffer, endStream: boolean): FilterStatus | 'absent';
  protected abstract onTrailers(filter: StreamFilter, trailers: HeaderList): FilterStatus | 'absent';
  protected abstract passHeaders(head: H, endStream: boolean): void;
  protected abstract passData(data: Buffer, endStream: boolean): void;
  protected abstract passTrailers(trailers: HeaderList): void;
  protected abstract tooLarge(): void;
  protected abstract setPaused(paused: boolean): void;

  /** The head has come, and nothing has ended this direction since. */
  get started(): boolean {
    return this.head !== undefined;
  }

  headers(head: H, endStream: boolean): void {
    this.head = head;
    this.runHeaders(0, head, endStream);
  }

  data(data: Buffer, endStream: boolean): void {
    if (!this.over) this.runData(0, data, endStream);
  }

  trailersCame(trailers: HeaderList): void {
    if (!this.over) this.runTrailers(0, trailers);
  }

  /** @param at the filter that asks; without effect unless it holds the message */
  resume(at: number): void {
    const hold = this.holds?.[at];
    if (this.over || hold === undefined || !hold.stopped) return;
    hold.stopped = false;
    if (!this.releaseHead(at, hold)) return;
    const { kept } = hold;
    hold.kept = [];
    hold.keptLength = 0;
    this.setHoldPauses(hold, false);
    const { trailers } = hold;
    hold.trailers = undefined;
    for (let index = 0; index < kept.length; index++) {
      const isLast = index === kept.length - 1 && hold.ended && trailers === undefined;
      this.runData(at + 1, kept[index] as Buffer, isLast);
      if (this.over) return;
    }
    if (trailers !== undefined) this.runTrailers(at + 1, trailers);
  }

  inject(at: number, data: Buffer, endStream: boolean): void {
    if (this.over) return;
    const hold = this.holds?.[at];
    if (hold !== undefined && !this.releaseHead(at, hold)) return;
    if (!this.over) this.runData(at + 1, data, endStream);
  }

  /** Forgets what is kept; nothing goes on any more. */
  end(): void {
    this.over = true;
    this.holds = undefined;
    this.head = undefined;
  }

  /** @returns false when the message ends here, for whatever reason */
  private releaseHead(at: number, hold: Hold): boolean {
    if (!hold.hasHead) return true;
    hold.hasHead = false;
    const endsHere = hold.ended && hold.kept.length === 0 && hold.trailers === undefined;
    this.runHeaders(at + 1, this.head as H, endsHere);
    return !this.over && !endsHere;
  }

  private runHeaders(from: number, head: H, endStream: boolean): void {
    for (let at = from; at < this.filters.length; at++) {
      const status = this.onHeaders(this.filters[at] as StreamFilter, head, endStream);
      if (this.over) return;
      if (status === 'continue') continue;
      const hold = this.hold(at, status);
      hold.hasHead = true;
      hold.ended = endStream;
      return;
    }
    this.passHeaders(head, endStream);
  }

  private runData(from: number, data: Buffer, endStream: boolean): void {
    for (let at = from; at < this.filters.length; at++) {
      const status = this.onData(this.filters[at] as StreamFilter, data, endStream);
      if (this.over) return;
      if (status === 'taken') return;
      const hold = this.holds?.[at];
      if (hold?.stopped === true) {
        if (status === 'pause') hold.mayPause = true;
        this.keep(hold, data, endStream);
        if (status === 'continue') this.resume(at);
        return;
      }
      if (status === 'stop' || status === 'pause') {
        this.keep(this.hold(at, status), data, endStream);
        return;
      }
    }
    this.passData(data, endStream);
  }

  private runTrailers(from: number, trailers: HeaderList): void {
    for (let at = from; at < this.filters.length; at++) {
      const status = this.onTrailers(this.filters[at] as StreamFilter, trailers);
      if (this.over) return;
      if (status === 'taken') return;
      let hold = this.holds?.[at];
      if (hold?.stopped !== true && status !== 'stop' && status !== 'pause') continue;
      if (hold?.stopped !== true) hold = this.hold(at, status as FilterStatus);
      const held = hold as Hold;
      held.trailers = trailers;
      held.ended = true;
      if (status === 'continue') this.resume(at);
      return;
    }
    this.passTrailers(trailers);
  }

  private hold(at: number, status: FilterStatus): Hold {
    this.holds ??= [];
    const hold = this.holds[at] ?? new Hold();
    this.holds[at] = hold;
    hold.stopped = true;
    hold.mayPause = status === 'pause';
    return hold;
  }

  private keep(hold: Hold, data: Buffer, endStream: boolean): void {
    if (endStream) hold.ended = true;
    hold.kept.push(data);
    hold.keptLength += data.length;
    const { limit } = this;
    if (limit === 0 || hold.keptLength <= limit) return;
    if (hold.mayPause) this.setHoldPauses(hold, true);
    else this.tooLarge();
  }

  private setHoldPauses(hold: Hold, pauses: boolean): void {
    if (hold.pauses === pauses) return;
    hold.pauses = pauses;
    this.pausing += pauses ? 1 : -1;
    if (this.pausing === (pauses ? 1 : 0)) this.setPaused(pauses);
  }
}

class Decoding extends Direction<RequestHead> {
  protected onHeaders(filter: StreamFilter, head: RequestHead, endStream: boolean): FilterStatus {
    return filter.decodeHeaders?.(head, endStream) ?? 'continue';
  }
  protected onData(filter: StreamFilter, data: Buffer, endStream: boolean): FilterStatus | 'absent' {
    return filter.decodeData?.(data, endStream) ?? 'absent';
  }
  protected onTrailers(filter: StreamFilter, trailers: HeaderList): FilterStatus | 'absent' {
    return filter.decodeTrailers?.(trailers) ?? 'absent';
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
  protected onData(filter: StreamFilter, data: Buffer, endStream: boolean): FilterStatus | 'absent' {
    return filter.encodeData?.(data, endStream) ?? 'absent';
  }
  protected onTrailers(filter: StreamFilter, trailers: HeaderList): FilterStatus | 'absent' {
    return filter.encodeTrailers?.(trailers) ?? 'absent';
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

const noConfigs: readonly unknown[] = [];

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
    return this.run.owner.route?.filterConfigs.get(this.name)?.mostSpecific;
  }

  get routeConfigs(): readonly unknown[] {
    return this.run.owner.route?.filterConfigs.get(this.name)?.all ?? noConfigs;
  }

  get connection(): StreamConnection {
    return this.run.owner.streamConnection;
  }

  clearRouteCache(): void {
    this.run.owner.clearRouteCache();
  }

  continueDecoding(): void {
    this.run.decoding.resume(this.at);
  }

  continueEncoding(): void {
    this.run.encoding.resume(this.encodingAt);
  }

  injectDecodedData(data: Buffer, endStream: boolean): void {
    this.run.decoding.inject(this.at, data, endStream);
  }

  injectEncodedData(data: Buffer, endStream: boolean): void {
    this.run.encoding.inject(this.encodingAt, data, endStream);
  }

  setBufferLimit(bytes: number): void {
    this.run.decoding.limit = bytes;
    this.run.encoding.limit = bytes;
  }

  setDynamicMetadata(filter: string, values: Readonly<Record<string, unknown>>): void {
    this.run.owner.setDynamicMetadata(filter, values);
  }

  markHealthCheck(): void {
    this.run.owner.markHealthCheck();
  }

  addFlag(flag: ResponseFlag): void {
    this.run.owner.addFlag(flag);
  }

  sendLocalReply(status: number, body: string | Buffer, details: string, headers?: HeaderList): void {
    this.run.owner.sendLocalReply(status, body, details, headers);
  }

  sendResponse(status: number, headers: HeaderList, details: string): void {
    this.run.owner.sendResponse(status, headers, details);
  }

  /** Responses meet the filters in the reverse order. */
  private get encodingAt(): number {
    return this.run.filters.length - 1 - this.at;
  }
}

export class FilterChainRun {
  readonly owner: FilterChainOwner;
  readonly filters: readonly StreamFilter[];
  readonly decoding: Decoding;
  readonly encoding: Encoding;

  constructor(chain: HttpFilterChain, owner: FilterChainOwner) {
    this.owner = owner;
    const filters: StreamFilter[] = [];
    const perRoute = owner.route?.filterConfigs;
    for (const { create, disabled, name } of chain.streamFilters) {
      if (perRoute?.get(name)?.disabled ?? disabled) continue;
      const filter = create(new FilterPlace(this, filters.length, name));
      if (filter !== undefined) filters.push(filter);
    }
    this.filters = filters;
    this.decoding = new Decoding(filters, owner);
    this.encoding = new Encoding(filters.toReversed(), owner);
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
