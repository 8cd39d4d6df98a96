/**
 * One HTTP/1.1 request in octets, and its answer in octets, for comparing two proxies.
 */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Head lines end with CRLF each. */
export type RawRequest = readonly [method: string, path: string, head?: string, body?: string];

/** Time for an answer that is not whole. */
const waitMs = 3000;

/** What a proxy must treat as the other does: methods, bodies, paths, headers. @param paths a route's, and one below it */
export function plainRequests(path: string): readonly RawRequest[] {
  return [
    ['GET', path],
    ['GET', `${path}?x=1&y=2`],
    ['GET', `${path}/`],
    ['GET', `${path}/deep/er`],
    ['HEAD', path],
    ['POST', path, 'content-length: 5\r\n', 'hello'],
    ['POST', path, 'transfer-encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['PUT', path, 'content-length: 0\r\n'],
    ['DELETE', path],
    ['OPTIONS', path],
    ['PATCH', path, 'content-length: 2\r\n', '{}'],
    ['GET', '/'],
    ['GET', `/${path}`],
    ['GET', `${path}/../a/./b`],
    ['GET', `${path}%2fa`],
    ['GET', path, 'x-forwarded-for: 10.1.2.3\r\n'],
    ['GET', path, 'x-forwarded-proto: https\r\n'],
    ['GET', path, 'x-request-id: my-own\r\n'],
    ['GET', path, 'x-envoy-retry-on: 5xx\r\nx-envoy-max-retries: 3\r\n'],
    ['GET', path, 'x-envoy-upstream-rq-timeout-ms: 500\r\n'],
    ['GET', path, 'under_score: 1\r\n'],
    ['GET', path, 'accept: a\r\naccept: b\r\nx-a: 1\r\nx-a: 2\r\n'],
    ['GET', path, 'connection: close\r\n'],
    ['GET', path, 'connection: x-hop\r\nx-hop: 1\r\n'],
    ['GET', path, 'expect: 100-continue\r\n'],
    ['FOO', path],
    ['GET', path, 'te: trailers\r\nupgrade: h2c\r\n'],
    ['GET', path, 'cookie: a=1; b=2\r\n'],
    ['GET', path, 'user-agent: one/1.0\r\naccept-encoding: gzip\r\n'],
    ['GET', path, 'content-length: x\r\n'],
    ['GET', path, 'content-length: 1\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n'],
  ];
}

export interface AskOptions {
  readonly tls?: boolean;
  readonly host?: string;
}

/** Sends one request on a connection of its own, reads until the answer is whole or the connection ends. */
export function ask(
  port: number,
  [method, path, head = '', body = '']: RawRequest,
  { host = 'localhost:8080', tls = false }: AskOptions = {},
): Promise<string> {
  const text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${head}\r\n${body}`;
  return new Promise((done, fail) => {
    const socket = tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
      : connect(port, '127.0.0.1');
    let answer = '';
    const timer = setTimeout(() => socket.destroy(), waitMs);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      done(answer);
    };
    socket.on(tls ? 'secureConnect' : 'connect', () => socket.write(text, 'latin1'));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
      const end = answer.indexOf('\r\n\r\n', answer.startsWith('HTTP/1.1 100') ? 25 : 0);
      if (end < 0) return;
      const length = /\r\ncontent-length: (\d+)/.exec(answer);
      if (method === 'HEAD' || (length !== null && answer.length - end - 4 >= Number(length[1]))) finish();
      else if (answer.endsWith('\r\n0\r\n\r\n')) finish();
    });
    socket.on('error', fail).on('close', finish);
  });
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

export function withoutIds(text: string): string {
  return text.replace(uuid, 'UUID');
}

/** An answer without what differs from one to the next: dates, ids, times. */
export function normalise(answer: string): string {
  return withoutIds(
    answer
      .replace(/(x-b3-(?:trace|span|parentspan)id[|:] ?)[0-9a-f]{16,32}/gi, '$1ID')
      .replace(/(date: )[^\r\n]+/g, '$1DATE'),
  ).replace(/(x-envoy-upstream-service-time: )\d+/g, '$1N');
}
