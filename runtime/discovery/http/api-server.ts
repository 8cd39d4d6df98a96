/**
 * The server of the HTTP API: reads requests whole, finds the endpoint, sends its reply in Consul's form.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Logger } from '../../common/logger.js';
import { crossSiteReason } from './cross-site.js';
import type { ApiReply, Endpoint } from './endpoint.js';
import { ApiError } from './endpoint.js';

export interface ApiServerOptions {
  readonly endpoints: readonly Endpoint[];
  /** IP address to listen on. */
  readonly bind: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly logger?: Pick<Logger, 'error'>;
  /** Largest request body, bytes. Default 512 KiB. */
  readonly maxBodyBytes?: number;
}

export interface ApiServer {
  readonly port: number;
  close(): Promise<void>;
}

const defaultMaxBodyBytes = 524_288;

/** Parts of Consul's API that are not built; the rest of `/v1` does not exist there either. */
const consulOnly =
  /^\/v1\/(?:acl|agent|catalog|config|connect|coordinate|discovery-chain|event|exported-services|health|internal|kv|namespace|operator|partition|peering|query|session|snapshot|txn)(?:\/|$)/;

/** Finds endpoints by path: exact ones first, then the longest that ends in a slash. */
class EndpointTable {
  readonly #exact = new Map<string, Endpoint[]>();
  readonly #below: readonly (readonly [path: string, endpoints: Endpoint[]])[];

  constructor(endpoints: readonly Endpoint[]) {
    const below = new Map<string, Endpoint[]>();
    for (const endpoint of endpoints) {
      const map = endpoint.path.endsWith('/') ? below : this.#exact;
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

function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        fail(new ApiError(413, `Request body too large, max size: ${maxBytes}`));
        request.pause();
      } else chunks.push(chunk);
    });
    request.on('end', () => done(Buffer.concat(chunks).toString('utf8')));
    request.on('error', fail);
    request.on('close', () => fail(new ApiError(400, 'Request decode failed: unexpected EOF')));
  });
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ApiError(400, 'Invalid URL path: bad percent-encoding');
  }
}

function notFound(path: string): ApiError {
  if (!path.startsWith('/v1/')) {
    return new ApiError(
      404,
      "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n",
    );
  }
  return consulOnly.test(path)
    ? new ApiError(501, `${path} is not built in; it needs a Consul agent`)
    : new ApiError(404, 'Invalid URL path: not a recognized HTTP API endpoint\n');
}

function send(response: ServerResponse, reply: ApiReply, query: URLSearchParams, keepAlive: boolean): void {
  if (response.destroyed) return;
  const pretty = query.has('pretty');
  const text =
    reply.json === undefined
      ? (reply.text ?? '')
      : JSON.stringify(reply.json, null, pretty ? 4 : 0) + (pretty ? '\n' : '');
  const body = Buffer.from(text, 'utf8');
  const type = reply.json === undefined ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(reply.status, {
    ...(body.length === 0 ? {} : { 'Content-Type': type }),
    Vary: 'Accept-Encoding',
    'X-Consul-Default-Acl-Policy': 'allow',
    'X-Content-Type-Options': 'nosniff',
    ...reply.headers,
    ...(keepAlive ? {} : { Connection: 'close' }),
    'Content-Length': body.length,
  });
  response.end(body);
}

/**
 * Starts to answer.
 * @throws the error of the socket when the port cannot be had
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const table = new EndpointTable(options.endpoints);
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes;
  const loopback = /^(?:127\.|::1$)/.test(options.bind);

  const handle = async (
    request: IncomingMessage,
    path: string,
    query: URLSearchParams,
    gone: AbortSignal,
  ): Promise<ApiReply> => {
    const reason = crossSiteReason(request.headers, loopback);
    if (reason !== undefined) throw new ApiError(403, reason);
    const found = table.find(path);
    if (found === undefined) throw notFound(path);
    const method = request.method ?? '';
    const allow = `OPTIONS,${[...new Set(found.endpoints.map((endpoint) => endpoint.method))].join(',')}`;
    if (method === 'OPTIONS') return { status: 200, headers: { Allow: allow } };
    const endpoint = found.endpoints.find((one) => one.method === method);
    if (endpoint === undefined) {
      return { status: 405, headers: { Allow: allow }, text: `method ${method} not allowed` };
    }
    if (query.get('filter')) throw new ApiError(501, '?filter is not built in; it needs a Consul agent');
    const body = method === 'PUT' ? await readBody(request, maxBodyBytes) : '';
    return endpoint.handle({ method, rest: decodePath(found.rest), query, body, gone });
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    handle(request, path, query, gone.signal).then(
      (reply) => send(response, reply, query, true),
      (error: Error) => {
        const known = error instanceof ApiError;
        if (!known) options.logger?.error(`HTTP API: ${request.method} ${path}: ${error.stack}`);
        // What is left of a body that was refused is not read.
        const keepAlive = request.complete;
        send(response, { status: known ? error.status : 500, text: error.message }, query, keepAlive);
      },
    );
  };

  // No limit on the time of a reply: blocking queries take minutes.
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 60_000 },
    onRequest,
  );
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

function listen(server: Server, { bind, port }: ApiServerOptions): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, bind, () => {
      server.off('error', fail);
      done((server.address() as { port: number }).port);
    });
  });
}
