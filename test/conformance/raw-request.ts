/**
 * Requests of HTTP/1.1 as octets, each on a connection of its own, for suites that compare the answers of two proxies.
 */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Method, path, extra head lines, body. */
export type RawRequest = readonly [method: string, path: string, head?: string, body?: string];

/** Sends one request on a connection of its own, reads until the answer is whole or the connection ends. */
export function askRaw(
  port: number,
  tls: boolean,
  [method, path, head = '', body = '']: RawRequest,
): Promise<string> {
  const text = `${method} ${path} HTTP/1.1\r\nhost: localhost:8080\r\n${head}\r\n${body}`;
  return new Promise((done, fail) => {
    const socket = tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
      : connect(port, '127.0.0.1');
    let answer = '';
    const timer = setTimeout(() => socket.destroy(), 3000);
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

/** Without dates, ids and times. */
export function normaliseAnswer(answer: string): string {
  return answer
    .replace(/(date: )[^\r\n]+/g, '$1DATE')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replace(/(x-envoy-upstream-service-time: )\d+/g, '$1N');
}
