/**
 * The admin server: Envoy's endpoints on an address of their own.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Clock } from '../common/clock.js';
import { compileStringMatcher } from '../route/compile-string-matcher.js';
import type { AdminHost } from './admin-host.js';
import type { BindAddress } from './bind.js';
import { bind, bindAddressText } from './bind.js';
import { isCrossSite } from './cross-site.js';
import type { AdminResponse, Endpoint } from './endpoint.js';
import { text } from './endpoint.js';
import { historyEndpoints } from './config-history.js';
import { createEndpoints } from './endpoints.js';
import { unknownPath } from './help.js';
import { BadFilter } from './name-filter.js';
import { bodyLimit, parseTarget, readBody } from './request-body.js';

type PathTest = ReturnType<typeof compileStringMatcher>;

/** How long a request may take to arrive, how long a connection may be silent, how often both are checked. */
const requestTimeoutMs = 10_000;
const silenceMs = 60_000;
const connectionsCheckingInterval = 1000;

export interface AdminServerOptions {
  readonly address: BindAddress;
  readonly clock: Clock;
  /** `Admin.allow_paths`: string matchers of the path with its query; all paths are allowed when it is empty. */
  readonly allowPaths?: readonly unknown[] | undefined;
}

export interface AdminServer {
  /** `127.0.0.1:8001` with the real port, or the path of a pipe. */
  readonly addressText: string;
  /** 0 for a pipe. */
  readonly port: number;
  /** Ends the listening and all connections. */
  close(): Promise<void>;
}

const commonHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/plain; charset=UTF-8',
  'cache-control': 'no-cache, max-age=0',
  'x-content-type-options': 'nosniff',
};

/** What a request gets before its body is read, when it does not get to its endpoint at all. */
function refusal(host: AdminHost, request: IncomingMessage, endpoint: Endpoint): AdminResponse | undefined {
  if (!endpoint.mutates) return undefined;
  const { method = '' } = request;
  if (method !== 'POST') {
    host.loggers
      .get('admin')
      .error(`admin path "${endpoint.path}" mutates state, method=${method} rather than POST`);
    return text(`Method ${method} not allowed, POST required.`, 405);
  }
  if (isCrossSite(request.headers)) return text('request from another site not allowed', 403);
  return undefined;
}

async function answer(
  host: AdminHost,
  endpoints: readonly Endpoint[],
  allowed: readonly PathTest[],
  request: IncomingMessage,
): Promise<AdminResponse> {
  const { path, query, text: target } = parseTarget(request.url ?? '/');
  if (allowed.length > 0 && !allowed.some((matches) => matches(target))) {
    return text(`request to path ${target} not allowed`, 403);
  }
  const endpoint = endpoints.find((one) => one.path === path);
  if (endpoint === undefined) return unknownPath(endpoints);
  const refused = refusal(host, request, endpoint);
  if (refused !== undefined) return refused;
  const body = await readBody(request, bodyLimit);
  if (body === undefined) return text('Payload Too Large', 413);
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    for (const [name, value] of new URLSearchParams(body)) query.append(name, value);
  }
  await host.gather?.();
  try {
    const content = await endpoint.handle(host, { method: request.method ?? '', path, query, body });
    if (endpoint.mutates === true) host.changed?.();
    return content;
  } catch (error) {
    if (error instanceof BadFilter) return text(error.message, 400);
    host.loggers.get('admin').error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    return text('internal error\n', 500);
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
  content: AdminResponse,
): void {
  const { afterSending } = content;
  // `close` follows the end of the answer and also its failure: quitting must not depend on a patient client.
  if (afterSending !== undefined) response.once('close', afterSending);
  // What is left of a body that nobody read would be taken for the next request.
  const close = !request.complete || !response.shouldKeepAlive;
  response.sendDate = false;
  response.statusCode = content.status;
  for (const [name, value] of Object.entries({ ...commonHeaders, ...content.headers })) {
    response.setHeader(name, value);
  }
  response.setHeader('date', new Date(clock.wallTime()).toUTCString());
  response.setHeader('server', 'envoy');
  if (close) response.setHeader('connection', 'close');
  // Otherwise node would say keep-alive, which needs no saying.
  else response.removeHeader('connection');
  response.setHeader('transfer-encoding', 'chunked');
  response.end(content.body);
}

/** The answers to what is not a proper HTTP/1.1 request come without the headers of the others. */
function sendRaw(response: ServerResponse, clock: Clock, status: number, body: string): void {
  response.sendDate = false;
  const type = body === '' ? {} : { 'content-type': 'text/plain' };
  response.writeHead(status, {
    'content-length': Buffer.byteLength(body),
    ...type,
    date: new Date(clock.wallTime()).toUTCString(),
    server: 'envoy',
    connection: 'close',
  });
  response.end(body);
}

/**
 * @param host what the server reports on
 * @throws Error `cannot bind '127.0.0.1:8001': Address already in use`; ConfigError at a bad `allow_paths`
 */
export async function createAdminServer(host: AdminHost, options: AdminServerOptions): Promise<AdminServer> {
  const { address, clock } = options;
  const endpoints = createEndpoints(clock, host.history === undefined ? [] : historyEndpoints);
  const allowed = (options.allowPaths ?? []).map(compileStringMatcher);
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval,
      requireHostHeader: false,
    },
    (request, response) => {
      if (request.httpVersion === '1.0') return sendRaw(response, clock, 426, 'Upgrade Required');
      if (request.headers.host === undefined) return sendRaw(response, clock, 400, '');
      answer(host, endpoints, allowed, request).then(
        (content) => send(request, response, clock, content),
        // The client went away in the middle of its request.
        () => response.destroy(),
      );
    },
  );
  // A client that does not read its answer must not hold it for ever.
  server.timeout = silenceMs;
  await bind(server, address);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    addressText: bindAddressText('path' in address ? address : { ip: address.ip, port }),
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
