/**
 * What an endpoint of the admin server is: a path, a handler and what `/help` says about it.
 */
import type { AdminHost } from './admin-host.js';

export interface AdminRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Of the address, with those of a form body behind them. */
  readonly query: URLSearchParams;
  readonly body: string;
}

export interface AdminResponse {
  readonly status: number;
  /** Names in lower case; they win over the headers that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Called when the answer has been sent. */
  readonly afterSending?: () => void;
}

export type Handler = (host: AdminHost, request: AdminRequest) => AdminResponse | Promise<AdminResponse>;

export interface Endpoint {
  readonly path: string;
  /** One line of `/help`. */
  readonly help: string;
  /** True when the endpoint changes something: only POST may reach it. */
  readonly mutates?: boolean;
  /** Query parameters with their descriptions. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly handle: Handler;
}

/** An answer in plain text; the server adds the content type. */
export function text(body: string, status = 200): AdminResponse {
  return { status, body };
}

/** An answer in JSON as Envoy writes it: indented by one space, with a newline at the end. */
export function json(value: unknown): AdminResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? String(one) : one), 1)}\n`,
  };
}
