/**
 * What the HTTP/1.1 codec alone costs of a proxied request: read the request, write it upstream, read the response, write
 * it downstream. No sockets, no routes: whatever the machine does besides is not in the figure.
 *
 *     node dist/test/bench/http1-codec.js [requests]
 */
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../runtime/common/clock.js';
import type { HeaderList } from '../../runtime/common/header-list.js';
import type {
  ClientConnection,
  ProtocolError,
  RequestDecoder,
  RequestEncoder,
  RequestHead,
  ResponseDecoder,
  ResponseEncoder,
  ResponseHead,
} from '../../runtime/http/codec.js';
import { createHttp1ClientConnection } from '../../runtime/http/http1/client-connection.js';
import { http1ClientDefaults, http1ServerDefaults } from '../../runtime/http/http1/http1-options.js';
import { createHttp1ServerConnection } from '../../runtime/http/http1/server-connection.js';

const kernel = Buffer.alloc(65536);

/** A socket that costs nothing: `emit` is the peer's octets, what is written is counted. */
class NullSocket {
  readonly writableLength = 0;
  octets = 0;
  private onData: (chunk: Buffer) => void = () => {};

  on(event: string, listener: (chunk: Buffer) => void): this {
    if (event === 'data') this.onData = listener;
    return this;
  }

  give(chunk: Buffer): void {
    this.onData(chunk);
  }

  write(chunk: string | Buffer): boolean {
    // A string is flattened and copied by the real one as well.
    if (typeof chunk === 'string') kernel.write(chunk, 'latin1');
    this.octets += chunk.length;
    return true;
  }

  resume(): void {}
  pause(): void {}
  cork(): void {}
  uncork(): void {}
}

/** Passes everything on. */
class Pass implements RequestDecoder, ResponseDecoder {
  private readonly encoder: ResponseEncoder;
  private readonly upstream: RequestEncoder;

  constructor(encoder: ResponseEncoder, connection: ClientConnection) {
    this.encoder = encoder;
    this.upstream = connection.newStream(this);
  }

  onHeaders(head: RequestHead | ResponseHead, endStream: boolean): void {
    if ('method' in head) {
      head.headers.push('x-forwarded-proto', 'http', 'x-request-id', '77b9562f-c31d-4d29-9bcb-3aa9115957e0');
      this.upstream.encodeHeaders(head, endStream);
    } else {
      head.headers.push('x-envoy-upstream-service-time', '3', 'server', 'envoy');
      this.encoder.encodeHeaders(head.status, head.headers, endStream);
    }
  }

  onData(data: Buffer, endStream: boolean): void {
    this.encoder.encodeData(data, endStream);
  }

  onTrailers(_trailers: HeaderList): void {}
  on1xx(): void {}
  onProtocolError(_error: ProtocolError): void {}
  onReset(): void {}
  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}

const requests: Readonly<Record<string, string>> = {
  'wrk (2 headers)': 'GET / HTTP/1.1\r\nHost: 127.0.0.1:10000\r\n\r\n',
  'browser (14 headers)': [
    'GET /service/1/items?page=2&sort=name HTTP/1.1',
    'Host: shop.example.com',
    'Connection: keep-alive',
    'sec-ch-ua: "Chromium";v="126", "Not.A/Brand";v="24"',
    'sec-ch-ua-mobile: ?0',
    'Upgrade-Insecure-Requests: 1',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: navigate',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
    'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes',
    'X-Trace: 4bf92f3577b34da6a3ce929d0e0e4736',
    '',
    '',
  ].join('\r\n'),
};

const response = Buffer.from(
  [
    'HTTP/1.1 200 OK',
    'Server: nginx/1.22.1',
    'Date: Sun, 22 Nov 2026 04:44:02 GMT',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Length: 22',
    'Connection: keep-alive',
    'ETag: "65f2c1a0-16"',
    'Cache-Control: max-age=60',
    '',
    'hello from the backend',
  ].join('\r\n'),
);

/** Runs the two halves of each request as turns of their own, so that what was queued is written in between. */
function drive(near: NullSocket, far: NullSocket, request: Buffer, count: number): Promise<void> {
  return new Promise((done) => {
    let left = count;
    const first = (): void => {
      if (left-- === 0) {
        done();
        return;
      }
      near.give(request);
      process.nextTick(second);
    };
    const second = (): void => {
      far.give(response);
      process.nextTick(first);
    };
    first();
  });
}

/** Microseconds of CPU time per request, the best of some rounds: the machine's noise only adds. */
async function measure(request: Buffer, count: number): Promise<number> {
  const near = new NullSocket();
  const far = new NullSocket();
  const connection = createHttp1ClientConnection(
    far as unknown as Duplex,
    { ...http1ClientDefaults, clock: systemClock },
    { onStreamSlotFree() {}, onGoAway() {}, onClosed() {} },
  );
  createHttp1ServerConnection(
    near as unknown as Duplex,
    { ...http1ServerDefaults, clock: systemClock, scheme: 'http' },
    { newStream: (encoder) => new Pass(encoder, connection), onPrematureResets() {}, onClosed() {} },
  );
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round++) {
    const before = process.cpuUsage();
    await drive(near, far, request, count);
    const spent = process.cpuUsage(before);
    best = Math.min(best, (spent.user + spent.system) / count);
  }
  return best;
}

/** Prints one line per kind of request. @param count requests per round */
export async function benchHttp1Codec(count: number, print: (line: string) => void): Promise<void> {
  print('HTTP/1.1 codec, both directions, CPU time per proxied request');
  for (const [name, text] of Object.entries(requests)) {
    print(`  ${name.padEnd(22)} ${(await measure(Buffer.from(text, 'latin1'), count)).toFixed(2)} us`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await benchHttp1Codec(Number(process.argv[2] ?? 100_000), (line) => void process.stdout.write(`${line}\n`));
}
