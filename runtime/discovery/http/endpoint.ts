/**
 * The contract of one endpoint of the HTTP API. The server has read the request whole before an endpoint sees it, and
 * sends what comes back; an endpoint knows no sockets.
 */

export interface ApiRequest {
  readonly method: string;
  /** What follows the endpoint's path, percent-decoded; '' for an exact one. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** The body as it came. */
  readonly octets: Buffer;
  /** Aborted when the client goes away. */
  readonly gone: AbortSignal;
}

export interface ApiReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** JSON that is written already, which goes before `json`: for numbers that JavaScript cannot hold. */
  readonly jsonText?: string;
  /** Sent as plain text, when there is no JSON. */
  readonly text?: string;
  /** Sent as it is, when there is neither; its type is in `headers`. */
  readonly octets?: Buffer;
}

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

export interface Endpoint {
  readonly method: Method;
  /** With a slash at the end: everything below it. */
  readonly path: string;
  /** True: that path alone, even though it ends with a slash. */
  readonly exact?: boolean;
  /** Whether it changes something: a token that may read only is not enough. Default: all methods but GET. */
  readonly writes?: boolean;
  /** Largest body, bytes; default the server's. */
  readonly maxBodyBytes?: number;
  /** @throws ApiError */
  handle(request: ApiRequest): ApiReply | Promise<ApiReply>;
}

/** A refusal, in words, as plain text. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

export const done: ApiReply = { status: 200 };

/** A flag of the query, as Go's strconv.ParseBool reads it; alone (`?passing`) it is true. */
export function queryFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null) return false;
  if (value === '' || /^(?:1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw new ApiError(400, `Invalid value for ?${name}`);
}
