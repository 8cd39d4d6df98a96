/** The other end of an HTTP/2 connection, by hand: sends frames, reads what came as lines. */
import type { HeaderList } from '../../../../runtime/common/header-list.js';
import { frameHeader, uint32 } from '../../../../runtime/http/http2/frame.js';
import { HpackDecoder } from '../../../../runtime/http/http2/hpack-decoder.js';
import { http2MessageOptions } from '../../../../runtime/http/http2/http2-options.js';
import type { Http2Options } from '../../../../runtime/http/http2/http2-options.js';
import { lazyHttp2Stats } from '../../../../runtime/http/http2/http2-stats.js';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { literalBlock } from '../../../support/literal-block.js';
import { FakeSocket, settle } from '../http1/fake-socket.js';

export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const names = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST',
  'SETTINGS',
  'PUSH',
  'PING',
  'GOAWAY',
  'WINDOW',
  'CONTINUATION',
];

export function frame(type: number, flags: number, id: number, payload: string | Buffer = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  return Buffer.concat([Buffer.from(frameHeader(bytes.length, type, flags, id), 'latin1'), bytes]);
}

export class Peer {
  readonly socket = new FakeSocket();
  readonly clock = new FakeClock();
  readonly stats = createStatsStore();
  private readonly decoder = new HpackDecoder(4096, 1e6, 1e6);
  private seen = 0;

  /** Defaults of the codec, over the peer's clock. */
  options(changes: Partial<Http2Options> = {}): Http2Options {
    return {
      ...http2MessageOptions(undefined),
      clock: this.clock,
      random: () => 0,
      stats: lazyHttp2Stats('http2.', this.stats),
      maxHeadersOctets: 60 * 1024,
      maxHeadersCount: 100,
      headersWithUnderscoresAction: 'ALLOW',
      bufferLimitBytes: 1024 * 1024,
      delayedCloseTimeoutMs: 1000,
      scheme: 'http',
      ...changes,
    };
  }

  block(fields: HeaderList): string {
    const pairs: [string, string][] = [];
    for (let at = 0; at < fields.length; at += 2)
      pairs.push([fields[at] as string, fields[at + 1] as string]);
    return literalBlock(pairs);
  }

  headers(id: number, fields: HeaderList, flags = 5): Buffer {
    return frame(1, flags, id, this.block(fields));
  }

  async send(...frames: (Buffer | string)[]): Promise<void> {
    this.socket.receive(
      Buffer.concat(frames.map((one) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : one))),
    );
    await settle();
  }

  /** Frames that were written since the last call, one line each. */
  read(): string[] {
    const bytes = Buffer.from(this.socket.written, 'latin1');
    const lines: string[] = [];
    if (this.seen === 0 && bytes.toString('latin1', 0, preface.length) === preface)
      this.seen = preface.length;
    while (bytes.length - this.seen >= 9) {
      const length = bytes.readUIntBE(this.seen, 3);
      const type = bytes[this.seen + 3] as number;
      const flags = bytes[this.seen + 4] as number;
      const id = bytes.readUInt32BE(this.seen + 5);
      const payload = bytes.subarray(this.seen + 9, this.seen + 9 + length);
      this.seen += 9 + length;
      lines.push(`${names[type]} ${id} ${this.describe(type, flags, payload)}`.trim());
    }
    return lines;
  }

  private describe(type: number, flags: number, payload: Buffer): string {
    const end = (flags & 1) !== 0 ? '$' : '';
    switch (type) {
      case 0:
        return (payload.length > 40 ? `(${payload.length})` : payload.toString('latin1')) + end;
      case 1:
        this.decoder.decode(payload, 0, payload.length);
        return this.decoder.fields.map(({ name, value }) => `${name}=${value}`).join('|') + end;
      case 3:
        return String(payload.readUInt32BE(0));
      case 4:
        return (flags & 1) !== 0 ? 'ack' : payload.toString('hex');
      case 6:
        return (flags & 1) !== 0 ? 'ack' : '';
      case 7:
        return `last=${payload.readUInt32BE(0)} code=${payload.readUInt32BE(4)}`;
      case 8:
        return `+${payload.readUInt32BE(0)}`;
      default:
        return '';
    }
  }
}

export const settingsFrame = (...pairs: [number, number][]): Buffer =>
  frame(4, 0, 0, pairs.map(([id, value]) => String.fromCharCode(0, id) + uint32(value)).join(''));

export const getFields = (path = '/', more: HeaderList = []): HeaderList => [
  ':method',
  'GET',
  ':scheme',
  'http',
  ':path',
  path,
  ':authority',
  'a',
  ...more,
];
