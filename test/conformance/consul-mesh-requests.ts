/**
 * Requests to the proxy of a mesh, as clients of gRPC and others send them, and what comes back as text.
 */
import type { OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import { connect as connectTls } from 'node:tls';

export interface MeshRequest {
  readonly name: string;
  readonly headers: OutgoingHttpHeaders;
  /** The body, whole. */
  readonly body?: Buffer;
  /** In the place of the others: octets of HTTP/1.1 over a connection whose ALPN offers that alone. */
  readonly http1?: string;
}

/** A message behind the five octets that gRPC puts before it. @param name of a `HelloRequest` */
function message(name: string): Buffer {
  const octets = Buffer.from(name, 'utf8');
  const length: number[] = [];
  for (let left = octets.length; ; left >>>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  const field = octets.length === 0 ? octets : Buffer.concat([Buffer.from([10, ...length]), octets]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(field.length, 1);
  return Buffer.concat([prefix, field]);
}

/** A call of `mesh.Greeter/Hello`, with more headers or others. */
export function hello(
  service: string,
  who: string,
  more: OutgoingHttpHeaders = {},
  name?: string,
): MeshRequest {
  return {
    name: name ?? `${service} ${who} ${JSON.stringify(more)}`,
    headers: {
      ':method': 'POST',
      ':path': '/mesh.Greeter/Hello',
      ':authority': `${service}.envoy.internal`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...more,
    },
    body: message(who),
  };
}

const get = (authority: string, more: OutgoingHttpHeaders = {}): MeshRequest => ({
  name: `GET ${authority} ${JSON.stringify(more)}`,
  headers: { ':method': 'GET', ':path': '/', ':authority': authority, ...more },
});

/** As octets of HTTP/1.1. */
function plain(line: string, headers: readonly string[], body = ''): MeshRequest {
  const head = [`${line} HTTP/1.1`, 'host: orders.envoy.internal', ...headers].join('\r\n');
  return { name: `HTTP/1.1 ${line}`, headers: {}, http1: `${head}\r\n\r\n${body}` };
}

export const meshRequests: readonly MeshRequest[] = [
  hello('orders', 'Ann'),
  hello('users', 'Ann'),
  hello('payments', 'Ann'),
  hello('orders', ''),
  hello('orders', 'Zoë 漢字'),
  hello('orders', 'x'.repeat(20_000), {}, 'a message of 20 000 octets'),
  hello('orders', 'Ann', { ':path': '/mesh.Greeter/Greetings' }),
  hello('users', 'Ann', { ':path': '/mesh.Greeter/Greetings' }),
  hello('orders', 'Ann', { ':path': '/mesh.Greeter/Nothing' }),
  hello('orders', 'Ann', { ':path': '/' }),
  hello('orders', 'Ann', { ':path': '/mesh.Greeter/Hello?x=1' }),
  hello('orders', 'Ann', { ':path': '//mesh.Greeter/Hello' }),
  hello('orders', 'Ann', { ':authority': 'orders.envoy.internal:8888' }),
  hello('orders', 'Ann', { ':authority': 'ORDERS.envoy.internal' }),
  hello('stock', 'Ann'),
  hello('orders', 'Ann', { ':authority': 'orders.envoy.external' }),
  hello('orders', 'Ann', { 'content-type': 'application/grpc+proto' }),
  hello('orders', 'Ann', { 'content-type': 'application/grpc-web' }),
  hello('orders', 'Ann', { 'content-type': 'application/grpcx' }),
  hello('orders', 'Ann', { 'content-type': 'text/plain' }),
  hello('orders', 'Ann', { ':method': 'PUT' }),
  hello('orders', 'Ann', { 'fail-tries': '1' }),
  hello('orders', 'Ann', { 'fail-tries': '2' }),
  hello('orders', 'Ann', { 'fail-tries': '3' }),
  hello('users', 'Ann', { 'fail-tries': '3' }),
  hello('users', 'Ann', { 'fail-tries': '4' }),
  hello('payments', 'Ann', { 'fail-tries': '1' }),
  hello('payments', 'Ann', { 'fail-tries': '1', 'x-envoy-retry-grpc-on': 'unavailable' }),
  hello('payments', 'Ann', {
    'fail-tries': '3',
    'x-envoy-retry-grpc-on': 'unavailable',
    'x-envoy-max-retries': '3',
  }),
  hello('orders', 'Ann', { 'fail-tries': '1', 'x-envoy-max-retries': '0' }),
  hello('orders', 'Ann', { 'fail-tries': '1', ':path': '/mesh.Greeter/Greetings' }),
  hello('users', 'Ann', { 'slow-ms': '2500' }),
  hello('orders', 'Ann', { 'slow-ms': '700', 'x-envoy-upstream-rq-timeout-ms': '100' }),
  hello('orders', 'Ann', { 'slow-ms': '200' }),
  hello('orders', 'Ann', { 'grpc-timeout': '5S' }),
  hello('orders', 'Ann', { 'x-request-id': 'my-own' }),
  hello('orders', 'Ann', { 'x-forwarded-for': '10.1.2.3', 'x-forwarded-proto': 'http' }),
  hello('orders', 'Ann', { 'x-data-bin': Buffer.from([0, 1, 255]).toString('base64') }),
  hello('orders', 'Ann', { 'x-long': 'y'.repeat(5000) }, 'a header of 5 000 octets'),
  hello('orders', 'Ann', { te: undefined }, 'without trailers in te'),
  { ...hello('orders', 'Ann', {}, 'a message that is cut off'), body: message('Ann').subarray(0, 6) },
  { ...hello('orders', 'Ann', {}, 'no message'), body: Buffer.alloc(0) },
  { ...hello('orders', 'Ann', {}, 'two messages'), body: Buffer.concat([message('a'), message('b')]) },
  {
    ...hello('orders', 'Ann', {}, 'octets that are no message'),
    body: Buffer.from([0, 0, 0, 0, 2, 255, 255]),
  },
  get('orders.envoy.internal'),
  get('stock.envoy.internal'),
  get('orders.envoy.internal', { 'content-type': 'application/grpc' }),
  get('orders.envoy.internal', { ':method': 'HEAD' }),
  get('orders.envoy.internal', { ':method': 'OPTIONS', origin: 'https://a.internal' }),
  plain('GET /', []),
  plain('POST /mesh.Greeter/Hello', ['content-type: text/plain', 'content-length: 0']),
  plain(
    'POST /mesh.Greeter/Hello',
    ['content-type: application/grpc', 'te: trailers', 'content-length: 10'],
    message('Ann').toString('latin1'),
  ),
];

const giveUpMs = 6000;

function askHttp1(port: number, authority: Buffer, octets: string): Promise<string> {
  return new Promise((done) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port,
      ca: authority,
      servername: 'orders.envoy.internal',
      ALPNProtocols: ['http/1.1'],
    });
    let answer = '';
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      done(answer);
    };
    const timer = setTimeout(finish, giveUpMs);
    socket.on('secureConnect', () => {
      answer += `ALPN ${socket.alpnProtocol}\n`;
      socket.write(octets, 'latin1');
    });
    socket.setEncoding('latin1').on('data', (part: string) => {
      answer += part;
      const length = /\r\ncontent-length: (\d+)/.exec(answer);
      const end = answer.indexOf('\r\n\r\n');
      const whole =
        length === null
          ? /\r\n0\r\n(?:.+\r\n)*\r\n$/.test(answer)
          : answer.length >= end + 4 + Number(length[1]);
      if (end >= 0 && whole) finish();
    });
    socket.on('error', (error) => {
      answer += `error ${error.message}\n`;
    });
    socket.on('close', finish);
  });
}

/** Sends one request on a connection of its own. @returns headers, data and trailers, in the order in which they came */
export function askMesh(port: number, authority: Buffer, request: MeshRequest): Promise<string> {
  if (request.http1 !== undefined) return askHttp1(port, authority, request.http1);
  return new Promise((done) => {
    const session = connect(`https://127.0.0.1:${port}`, {
      ca: authority,
      servername: 'orders.envoy.internal',
      ALPNProtocols: ['h2'],
    });
    let answer = '';
    const data: Buffer[] = [];
    const finish = (): void => {
      clearTimeout(timer);
      session.destroy();
      done(answer);
    };
    const timer = setTimeout(finish, giveUpMs);
    session.on('error', (error) => {
      answer += `connection ${error.message}\n`;
      finish();
    });
    const withBody = request.body !== undefined;
    const stream = session.request(request.headers, { endStream: !withBody });
    stream.on('response', (headers) => {
      answer += `${JSON.stringify(headers)}\n`;
    });
    stream.on('data', (part: Buffer) => data.push(part));
    stream.on('trailers', (headers) => {
      answer += `${Buffer.concat(data).toString('latin1')}\n${JSON.stringify(headers)}\n`;
      data.length = 0;
    });
    stream.on('error', (error) => {
      answer += `stream ${error.message}\n`;
    });
    stream.on('close', () => {
      answer += `${Buffer.concat(data).toString('latin1')}\ncode ${stream.rstCode}\n`;
      finish();
    });
    stream.end(request.body);
  });
}
