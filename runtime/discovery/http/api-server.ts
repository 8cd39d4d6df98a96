/**
 * The server of the HTTP API: reads requests whole, finds the endpoint, sends its reply in Consul's form.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Clock } from '../../common/clock.js';
import { systemClock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { NotKeptError } from '../state/committer.js';
import type { Access } from './access.js';
import { createAccess } from './access.js';
import { cleanPath, decodePath } from './api-path.js';
import { limitConnections } from './connection-limit.js';
import { crossSiteReason } from './cross-site.js';
import type { ApiReply, Endpoint } from './endpoint.js';
import { ApiError } from './endpoint.js';
import { indentJson } from './indent-json.js';
import { sendBody } from './send-body.js';

/** PEM texts. */
export interface ApiTls {
  readonly cert: string;
  readonly key: string;
  /** Clients must show a certificate of one of these. */
  readonly clientCa?: string;
}

export interface ApiServerOptions {
  readonly endpoints: readonly Endpoint[];
  /** IP address to listen on. */
  readonly bind: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly logger?: Pick<Logger, 'error'>;
  /** Default the system's. */
  readonly clock?: Clock;
  /** Default: everybody may do everything. */
  readonly access?: Access;
  readonly tls?: ApiTls;
  /** Largest request body, bytes. Default 512 KiB. */
  readonly maxBodyBytes?: number;
  /**
   * Connections of one address at a time (`http_max_conns_per_client`). Default 200, and 4,096 of this machine, where a
   * proxy with many clusters listens on a connection for each.
   */
  readonly maxConnectionsPerClient?: number;
}

export interface ApiServer {
  readonly port: number;
  close(): Promise<void>;
}

const defaultMaxBodyBytes = 524_288;

/** Parts of Consul's API that are not built; the rest of `/v1` does not exist there either. */
const consulOnly =
  /^\/v1\/(?:acl|agent|catalog|config|connect|coordinate|discovery-chain|event|exported-services|health|imported-services|internal|kv|namespace|operator|partition|peering|query|session|snapshot|txn)(?:\/.|$)/;

/** Finds endpoints by path: exact ones first, then the longest that ends in a slash. */
class EndpointTable {
  readonly #exact = new Map<string, Endpoint[]>();
  readonly #below: readonly (readonly [path: string, endpoints: Endpoint[]])[];

  constructor(endpoints: readonly Endpoint[]) {
    const below = new Map<string, Endpoint[]>();
    for (const endpoint of endpoints) {
      const map = endpoint.path.endsWith('/') && endpoint.exact !== true ? below : this.#exact;
      map.set(endpoint.path, [...(map.get(endpoint.path) ?? []), endpoint]);
    }
    this.#below = [...below].sort(([one], [other]) => other.length - one.length);
  }

  find(path: string): { endpoints: readonly Endpoint[]; rest: string } | undefined {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return { endpoints: exact, rest: '' };
    const below = this.#below.find(([prefix]) => path.startsWith(prefix));
    return below === undefined ? undefined : { endpoints: below[1], rest: path.slice(below[0].length) };
  }
}

function tooLarge(size: number, maxBytes: number): ApiError {
  const help = 'See https://www.consul.io/docs/agent/config/config-files#kv_max_value_size.';
  return new ApiError(413, `Request body(${size} bytes) too large, max size: ${maxBytes} bytes. ${help}`);
}

function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.reject(tooLarge(announced, maxBytes));
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        fail(tooLarge(size, maxBytes));
        request.pause();
      } else chunks.push(chunk);
    });
    request.on('end', () => done(Buffer.concat(chunks)));
    request.on('error', fail);
    request.on('close', () => fail(new ApiError(400, 'Request decode failed: unexpected EOF')));
  });
}

/** Without the headers of the API: it is not the API that was asked for. */
class NotThere extends ApiError {}

function notFound(path: string): ApiError {
  if (!path.startsWith('/v1/')) {
    return new NotThere(
      404,
      "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n",
    );
  }
  return consulOnly.test(path) && !path.endsWith('/')
    ? new ApiError(501, `${path} is not built in; it needs a Consul agent`)
    : new NotThere(404, 'Invalid URL path: not a recognized HTTP API endpoint\n');
}

function bodyOf(reply: ApiReply, pretty: boolean): Buffer {
  if (reply.json !== undefined || reply.jsonText !== undefined) {
    const compact = reply.jsonText ?? JSON.stringify(reply.json);
    return Buffer.from(pretty ? `${indentJson(compact)}\n` : compact, 'utf8');
  }
  return reply.octets ?? Buffer.from(reply.text ?? '', 'utf8');
}

interface SendOptions {
  readonly pretty: boolean;
  readonly keepAlive: boolean;
  readonly policy: string;
  /** False: it is no reply of the API. */
  readonly api: boolean;
  readonly clock: Clock;
}

function send(response: ServerResponse, reply: ApiReply, options: SendOptions): void {
  if (response.destroyed) return;
  const body = bodyOf(reply, options.pretty);
  const isJson = reply.json !== undefined || reply.jsonText !== undefined;
  // Consul says JSON of an empty success too, since 1.21.
  const type = isJson || (body.length === 0 && reply.status === 200);
  response.writeHead(reply.status, {
    ...(type || body.length > 0
      ? { 'Content-Type': type ? 'application/json' : 'text/plain; charset=utf-8' }
      : {}),
    ...(options.api ? { Vary: 'Accept-Encoding', 'X-Consul-Default-Acl-Policy': options.policy } : {}),
    'X-Content-Type-Options': 'nosniff',
    ...reply.headers,
    ...(options.keepAlive ? {} : { Connection: 'close' }),
    'Content-Length': body.length,
  });
  sendBody(response, body, options.clock);
}

/**
 * Starts to answer.
 * @throws the error of the socket when the port cannot be had, or of the TLS material
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const table = new EndpointTable(options.endpoints);
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes;
  const loopback = /^(?:127\.|::1$)/.test(options.bind);
  const access = options.access ?? createAccess({});
  const clock = options.clock ?? systemClock;

  const handle = async (
    request: IncomingMessage,
    path: string,
    query: URLSearchParams,
    gone: AbortSignal,
  ): Promise<ApiReply> => {
    const reason = crossSiteReason(request.method, request.headers, loopback);
    if (reason !== undefined) throw new ApiError(403, reason);
    const clean = cleanPath(path);
    if (clean !== path && path.startsWith('/')) {
      const to = clean + (request.url ?? '').slice(path.length);
      throw new Redirect(to);
    }
    const found = table.find(path);
    if (found === undefined) throw notFound(path);
    const method = request.method ?? '';
    const allow = `OPTIONS,${[...new Set(found.endpoints.map((endpoint) => endpoint.method))].join(',')}`;
    if (method === 'OPTIONS') return { status: 200, headers: { Allow: allow } };
    const endpoint = found.endpoints.find((one) => one.method === method);
    if (endpoint === undefined) {
      return { status: 405, headers: { Allow: allow }, text: `method ${method} not allowed` };
    }
    const writes = endpoint.writes ?? method !== 'GET';
    const source = request.socket.remoteAddress ?? '';
    const refusal = access.refusal({ writes, headers: request.headers, query, source });
    if (refusal !== undefined) throw new ApiError(403, refusal);
    const octets =
      method === 'GET' ? Buffer.alloc(0) : await readBody(request, endpoint.maxBodyBytes ?? maxBodyBytes);
    const rest = decodePath(found.rest);
    return endpoint.handle({ method, rest, query, body: octets.toString('utf8'), octets, gone });
  };

  const onRequest: RequestListener = (request, response) => {
    const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const settings = {
      pretty: query.has('pretty') && query.get('pretty') !== 'false',
      keepAlive: true,
      policy: access.defaultPolicy,
      api: true,
      clock,
    };
    const fail = (error: Error): void => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      // What is left of a body that was refused is not read.
      const keepAlive = request.complete || request.method === 'GET';
      if (error instanceof Redirect) {
        redirect(response, error.message, request.method === 'GET');
        return;
      }
      const notKept = error instanceof NotKeptError;
      const known = error instanceof ApiError;
      if (!known && !notKept) options.logger?.error(`HTTP API: ${request.method} ${path}: ${error.stack}`);
      send(
        response,
        { status: known ? error.status : notKept ? 503 : 500, text: error.message },
        { ...settings, keepAlive, api: !(error instanceof NotThere) },
      );
    };
    handle(request, path, query, gone.signal)
      .then((reply) => send(response, reply, { ...settings, api: path.startsWith('/v1/') }))
      // A reply that cannot be written (a header that is none, a text too long for a string) is a failure like others.
      .catch(fail)
      .catch(() => response.destroy());
  };

  // No limit on the time of a reply: blocking queries take minutes.
  const limits = {
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 60_000,
    connectionsCheckingInterval: 5_000,
  };
  const { tls } = options;
  const server: Server =
    tls === undefined
      ? createServer(limits, onRequest)
      : createTlsServer(
          {
            ...limits,
            handshakeTimeout: 10_000,
            cert: tls.cert,
            key: tls.key,
            minVersion: 'TLSv1.2',
            ...(tls.clientCa === undefined
              ? {}
              : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          },
          onRequest,
        );
  limitConnections(server, options.maxConnectionsPerClient);
  const port = await listen(server, options);
  server.on('error', (error) => options.logger?.error(`HTTP API: ${error.message}`));
  let closing: Promise<void> | undefined;
  return {
    port,
    close() {
      closing ??= new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

function redirect(response: ServerResponse, to: string, withBody: boolean): void {
  const href = to.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  const body = withBody ? `<a href="${href}">Temporary Redirect</a>.\n\n` : '';
  response
    .writeHead(307, {
      Location: to,
      ...(withBody ? { 'Content-Type': 'text/html; charset=utf-8' } : {}),
      'Content-Length': Buffer.byteLength(body),
    })
    .end(body);
}

/** The path is written in a way that leads elsewhere. */
class Redirect extends Error {}

function listen(server: Server, { bind, port }: ApiServerOptions): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, bind, () => {
      server.off('error', fail);
      done((server.address() as { port: number }).port);
    });
  });
}
