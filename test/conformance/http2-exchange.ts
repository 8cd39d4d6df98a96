/** HTTP/2 by hand, for the differential suite: a client that sends frames, an upstream that answers with frames. */
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { frameHeader, uint32 } from '../../runtime/http/http2/frame.js';
import { HpackDecoder } from '../../runtime/http/http2/hpack-decoder.js';
import { literalBlock } from '../support/literal-block.js';

export type Fields = readonly (readonly [name: string, value: string])[];

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function frame(type: number, flags: number, id: number, payload = ''): string {
  return frameHeader(payload.length, type, flags, id) + payload;
}

export class FrameWriter {
  block(fields: Fields): string {
    return literalBlock(fields);
  }

  headers(id: number, fields: Fields, endStream = true): string {
    return frame(1, endStream ? 5 : 4, id, this.block(fields));
  }

  data(id: number, text: string, endStream = true): string {
    return frame(0, endStream ? 1 : 0, id, text);
  }
}

/** Names whose values differ from run to run. */
const volatile: ReadonlySet<string> = new Set(['date', 'x-request-id', 'x-envoy-upstream-service-time']);

/** Reads frames, and says what each one is. */
class FrameReader {
  private readonly decoder = new HpackDecoder(4096, 1e6, 1e6);
  private kept = Buffer.alloc(0);

  read(
    octets: Buffer,
    tell: (type: number, flags: number, id: number, payload: Buffer, fields: string[]) => void,
  ): void {
    let bytes = Buffer.concat([this.kept, octets]);
    while (bytes.length >= 9) {
      const length = bytes.readUIntBE(0, 3);
      if (bytes.length < 9 + length) break;
      const payload = bytes.subarray(9, 9 + length);
      const type = bytes[3] as number;
      let fields: string[] = [];
      if (type === 1) {
        this.decoder.decode(payload, 0, payload.length);
        fields = this.decoder.fields.map(({ name, value }) => `${name}: ${volatile.has(name) ? '*' : value}`);
      }
      tell(type, bytes[4] as number, bytes.readUInt32BE(5), payload, fields);
      bytes = bytes.subarray(9 + length);
    }
    this.kept = Buffer.from(bytes);
  }
}

/** What a client saw, in lines; data of a stream in one line. */
export interface ClientView {
  readonly lines: readonly string[];
  readonly closed: boolean;
}

export interface ClientScript {
  /** Frames after the preface and SETTINGS; later ones after as many milliseconds. */
  readonly frames: string;
  readonly later?: readonly (readonly [afterMs: number, frames: string])[];
  /** Ends the observation early once so many streams have ended. */
  readonly observeMs: number;
}

export function exchange(port: number, script: ClientScript): Promise<ClientView> {
  return new Promise((done) => {
    const lines: string[] = [];
    let closed = false;
    const reader = new FrameReader();
    const socket = connect({ port, host: '127.0.0.1' });
    const timers: NodeJS.Timeout[] = [];
    const finish = (): void => {
      for (const timer of timers) clearTimeout(timer);
      socket.destroy();
      done({ lines, closed });
    };
    socket.on('error', () => undefined);
    socket.on('close', () => {
      closed = true;
      finish();
    });
    socket.on('data', (octets: Buffer) =>
      reader.read(octets, (type, flags, id, payload, fields) => {
        const end = (flags & 1) !== 0 ? ' END' : '';
        if (type === 1) lines.push(`HEADERS ${id} ${fields.join(' | ')}${end}`);
        else if (type === 0) {
          const last = lines.at(-1);
          const text = payload.length > 200 ? `(${payload.length})` : payload.toString('latin1');
          if (last?.startsWith(`DATA ${id} `) === true && !last.endsWith(' END'))
            lines[lines.length - 1] = last + text + end;
          else lines.push(`DATA ${id} ${text}${end}`);
        } else if (type === 3) lines.push(`RST ${id} ${payload.readUInt32BE(0)}`);
        else if (type === 7)
          lines.push(`GOAWAY last=${payload.readUInt32BE(0)} code=${payload.readUInt32BE(4)}`);
      }),
    );
    socket.on('connect', () => {
      socket.write(preface + frame(4, 0, 0) + script.frames, 'latin1');
      for (const [afterMs, frames] of script.later ?? []) {
        timers.push(setTimeout(() => socket.write(frames, 'latin1'), afterMs));
      }
    });
    timers.push(setTimeout(finish, script.observeMs));
  });
}

/** Answers of the upstream to a stream, by the first part of the path. */
function answer(writer: FrameWriter, id: number, what: string): string {
  const status = (code: string, more: Fields = [], end = false) =>
    writer.headers(id, [[':status', code], ...more], end);
  switch (what) {
    case 'refuse':
      return frame(3, 0, id, uint32(7));
    case 'rst2':
      return frame(3, 0, id, uint32(2));
    case 'rst8':
      return frame(3, 0, id, uint32(8));
    case 'goaway':
      return frame(7, 0, 0, uint32(0) + uint32(0));
    case 'midrst':
      return status('200') + writer.data(id, 'abc', false) + frame(3, 0, id, uint32(2));
    case 'clshort':
      return status('200', [['content-length', '10']]) + writer.data(id, 'abc');
    case 'cllong':
      return status('200', [['content-length', '2']]) + writer.data(id, 'abc');
    case '204body':
      return status('204') + writer.data(id, 'abc');
    case 'trail':
      return status('200') + writer.data(id, 'abc', false) + writer.headers(id, [['x-t', 'v']]);
    case '103':
      return status('103', [['link', '</a>']]) + status('200', [], true);
    case 'badhdr':
      return status('200', [['connection', 'close']], true);
    case 'nostatus':
      return writer.headers(id, [['x', 'y']]);
    case 'grpc':
      return (
        status('200', [['content-type', 'application/grpc']]) +
        writer.data(id, 'msg', false) +
        writer.headers(id, [
          ['grpc-status', '5'],
          ['grpc-message', 'no'],
        ])
      );
    case 'trailersonly':
      return writer.headers(id, [
        [':status', '200'],
        ['content-type', 'application/grpc'],
        ['grpc-status', '7'],
      ]);
    case 'many':
      return status(
        '200',
        Array.from({ length: 101 }, (_, index) => [`h${index}`, 'v'] as const),
        true,
      );
    case 'headers204':
      return status('204', [], true);
    default:
      return (
        status('200', [
          ['x-up', '1'],
          ['content-length', '2'],
        ]) + writer.data(id, 'ok')
      );
  }
}

export interface Upstream {
  readonly server: Server;
  /** Heads, data and resets that arrived. */
  readonly seen: string[];
  close(): void;
}

export function startHttp2Upstream(): Upstream {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const reader = new FrameReader();
    const writer = new FrameWriter();
    const paths = new Map<number, string>();
    let prefaceLeft = preface.length;
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.write(frame(4, 0, 0), 'latin1');
    socket.on('data', (octets: Buffer) => {
      const skip = Math.min(prefaceLeft, octets.length);
      prefaceLeft -= skip;
      reader.read(octets.subarray(skip), (type, flags, id, payload, fields) => {
        if (type === 1) {
          seen.push(`${fields.join(' | ')}${(flags & 1) !== 0 ? ' END' : ''}`);
          paths.set(id, paths.get(id) ?? /:path: \/(\w*)/.exec(fields.join('\n'))?.[1] ?? '');
        } else if (type === 0 && payload.length > 0)
          seen.push(`data ${payload.length > 200 ? payload.length : payload.toString('latin1')}`);
        else if (type === 3) seen.push(`RST ${payload.readUInt32BE(0)}`);
        else if (type === 4 && (flags & 1) === 0) socket.write(frame(4, 1, 0), 'latin1');
        const what = paths.get(id) ?? '';
        const ended = (type === 0 || type === 1) && (flags & 1) !== 0;
        if (what === 'close' && ended) socket.destroy();
        else if (what === 'midclose' && ended)
          socket.end(
            writer.headers(id, [[':status', '200']], false) + writer.data(id, 'abc', false),
            'latin1',
          );
        else if (what === 'hang') return;
        else if (what === 'tunnel') {
          if (type === 1) socket.write(writer.headers(id, [[':status', '200']], false), 'latin1');
          else if (type === 0)
            socket.write(writer.data(id, `echo:${payload.toString('latin1')}`, ended), 'latin1');
        } else if (what === 'early' && type === 1) socket.write(answer(writer, id, ''), 'latin1');
        else if (ended && what !== 'early') socket.write(answer(writer, id, what), 'latin1');
      });
    });
  });
  return {
    server,
    seen,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Speaks HTTP/1.1; answers by the path as well. */
export function startHttp1Upstream(): Upstream {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let text = '';
    let upgraded = false;
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      if (upgraded) {
        socket.write(`echo:${chunk}`, 'latin1');
        return;
      }
      text += chunk;
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = text.slice(0, end);
      const body = text.slice(end + 4);
      const length = /content-length: (\d+)/.exec(head);
      if (length !== null && body.length < Number(length[1])) return;
      if (/transfer-encoding: chunked/.test(head) && !body.endsWith('0\r\n\r\n')) return;
      seen.push(text.replace(/x-request-id: [^\r]+/, 'x-request-id: *').replaceAll('\r\n', ' | '));
      text = '';
      const what = /^\w+ \/(\w*)/.exec(head)?.[1] ?? '';
      if (/upgrade: websocket/i.test(head)) {
        upgraded = true;
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
      } else if (what === 'close') socket.destroy();
      else if (what === 'halfcl') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
      else if (what === '204') socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      else if (what === '304')
        socket.write('HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\netag: "a"\r\n\r\n');
      else if (what === 'trailers')
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-t: v\r\n\r\n');
      else if (what === '103then')
        socket.write(
          'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
        );
      else if (/^HEAD /.test(head))
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\nkeep-alive: x\r\n\r\n',
        );
      else
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\nkeep-alive: x\r\n\r\nok',
        );
    });
  });
  return {
    server,
    seen,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
