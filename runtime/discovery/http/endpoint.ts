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
  /** Aborted when the client goes away. */
  readonly gone: AbortSignal;
}

export interface ApiReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as plain text, when there is no `json`. */
  readonly text?: string;
}

export interface Endpoint {
  readonly method: 'GET' | 'PUT';
  /** With a slash at the end: everything below it. */
  readonly path: string;
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
