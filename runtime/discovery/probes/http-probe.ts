import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { RequestOptions } from 'node:https';
import { request as httpsRequest } from 'node:https';
import type { ProbeDefinition } from '../catalog/catalog.js';
import type { ProbeResult } from './start-probing.js';

type HttpTarget = Extract<ProbeDefinition['target'], { kind: 'http' }>;

/** As much of the answer as is kept as output. */
const maxOutputBytes = 4096;
const maxRedirects = 10;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** 2xx is passing, 429 is a warning, all else is critical. */
function resultOf(target: HttpTarget, response: IncomingMessage, body: string): ProbeResult {
  const { statusCode = 0, statusMessage = '' } = response;
  const status =
    statusCode >= 200 && statusCode < 300 ? 'passing' : statusCode === 429 ? 'warning' : 'critical';
  return {
    status,
    output: `HTTP ${target.method} ${target.url}: ${statusCode} ${statusMessage} Output: ${body}`,
  };
}

function send(target: HttpTarget, url: URL): ClientRequest {
  const options: RequestOptions = {
    method: target.method,
    agent: false,
    headers: {
      'user-agent': 'Consul Health Check',
      accept: 'text/plain, text/*, */*',
      connection: 'close',
      ...Object.fromEntries(
        Object.entries(target.headers).map(([name, values]) =>
          // Node takes one host alone.
          name.toLowerCase() === 'host' ? [name, values[0] ?? ''] : [name, [...values]],
        ),
      ),
    },
    rejectUnauthorized: !target.skipVerify,
    ...(target.serverName === '' ? {} : { servername: target.serverName }),
  };
  return url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
}

/** Where a redirect leads, when that is a place for HTTP. */
function redirectOf({ statusCode = 0, headers }: IncomingMessage, from: URL): URL | undefined {
  const { location } = headers;
  if (!redirects.has(statusCode) || location === undefined) return undefined;
  if (!URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from);
  return to.protocol === 'http:' || to.protocol === 'https:' ? to : undefined;
}

/** @returns a function that cancels it */
export function probeHttp(target: HttpTarget, done: (result: ProbeResult) => void): () => void {
  let current: ClientRequest;
  let open = true;
  const finish = (result: ProbeResult): void => {
    if (!open) return;
    open = false;
    current.destroy();
    done(result);
  };
  const fail = ({ message }: Error): void => finish({ status: 'critical', output: message });
  const follow = (url: URL, left: number): void => {
    current = send(target, url);
    current.on('error', fail);
    current.on('response', (response) => {
      response.on('error', fail);
      const next = target.followRedirects && left > 0 ? redirectOf(response, url) : undefined;
      if (next !== undefined) {
        current.removeListener('error', fail);
        current.on('error', () => undefined);
        current.destroy();
        try {
          follow(next, left - 1);
        } catch (error) {
          fail(error as Error);
        }
        return;
      }
      let body = '';
      const end = (): void => finish(resultOf(target, response, body));
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body = (body + chunk).slice(0, maxOutputBytes);
        // An endless answer is an answer.
        if (body.length >= maxOutputBytes) end();
      });
      response.on('end', end);
    });
    current.end(target.body);
  };
  follow(new URL(target.url), maxRedirects);
  return () => {
    open = false;
    current.on('error', () => undefined);
    current.destroy();
  };
}
