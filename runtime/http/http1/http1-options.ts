/**
 * What the HTTP/1 codec can be told, after Envoy's fields. Built once per listener or cluster and shared by all
 * connections, so nothing here is mutable.
 */
import type { Clock } from '../../common/clock.js';

/** What both directions have in common. Envoy's default stands behind each field; `http1Defaults` has them. */
export interface Http1Options {
  readonly clock: Clock;
  /** `max_headers_count` (100). More fields are refused: 431 on requests, a protocol error on responses. */
  readonly maxHeadersCount: number;
  /** `http_protocol_options.enable_trailers` (false): trailers are told and written; otherwise swallowed. */
  readonly enableTrailers: boolean;
  /** `http_protocol_options.allow_chunked_length` (false): chunked wins over `content-length`; otherwise 400. */
  readonly allowChunkedLength: boolean;
  /** `http_protocol_options.header_key_format.proper_case_words` (false): `X-Request-Id` instead of `x-request-id`. */
  readonly properCaseWords: boolean;
  /**
   * `per_connection_buffer_limit_bytes` (1 MiB): the high watermark of what waits to be written, and the limit of what
   * is kept of requests that are not served yet. The low watermark is half of it. 0 means without limit, as in Envoy.
   */
  readonly bufferLimitBytes: number;
}

export interface Http1ServerOptions extends Http1Options {
  /** Of the connection: `https` under TLS. */
  readonly scheme: 'http' | 'https';
  /** `max_request_headers_kb` (60), in octets: request line, fields and line ends. */
  readonly maxRequestHeadersBytes: number;
  /** `headers_with_underscores_action` (ALLOW). */
  readonly headersWithUnderscoresAction: 'ALLOW' | 'REJECT_REQUEST' | 'DROP_HEADER';
  /** `accept_http_10` (false): otherwise 426 for every version but 1.1. */
  readonly acceptHttp10: boolean;
  /** `default_host_for_http_10` (`''`): `host` of a request of HTTP/1.0 that has none. */
  readonly defaultHostForHttp10: string;
  /** `allow_absolute_url` (true): `GET http://host/path`; otherwise such a target stays as it is. */
  readonly allowAbsoluteUrl: boolean;
  /** `allow_custom_methods` (false): any token is a method, not only the registered ones. */
  readonly allowCustomMethods: boolean;
  /** `delayed_close_timeout` (1000 ms): how long `flush-and-delay` waits for the peer. 0 closes at once. */
  readonly delayedCloseTimeoutMs: number;
}

export interface Http1ClientOptions extends Http1Options {
  /** Limit of a response's head in octets (80 KiB, measured on Envoy). */
  readonly maxResponseHeadersBytes: number;
}

const shared = {
  maxHeadersCount: 100,
  enableTrailers: false,
  allowChunkedLength: false,
  properCaseWords: false,
  bufferLimitBytes: 1024 * 1024,
} as const;

/** Envoy's defaults; `clock` and `scheme` are the caller's. */
export const http1ServerDefaults: Omit<Http1ServerOptions, 'clock' | 'scheme'> = {
  ...shared,
  maxRequestHeadersBytes: 60 * 1024,
  headersWithUnderscoresAction: 'ALLOW',
  acceptHttp10: false,
  defaultHostForHttp10: '',
  allowAbsoluteUrl: true,
  allowCustomMethods: false,
  delayedCloseTimeoutMs: 1000,
};

/** Envoy's defaults; `clock` is the caller's. */
export const http1ClientDefaults: Omit<Http1ClientOptions, 'clock'> = {
  ...shared,
  maxResponseHeadersBytes: 80 * 1024,
};

/** The part of `envoy.config.core.v3.Http1ProtocolOptions` that the codec reads, as the reader hands it out. */
export interface Http1ProtocolOptionsMessage {
  readonly allow_absolute_url?: boolean;
  readonly accept_http_10?: boolean;
  readonly default_host_for_http_10?: string;
  readonly header_key_format?: { readonly proper_case_words?: object };
  readonly enable_trailers?: boolean;
  readonly allow_chunked_length?: boolean;
  readonly allow_custom_methods?: boolean;
}

/** What `Http1ProtocolOptions` says to a server: spread it over `http1ServerDefaults`. */
export function serverProtocolOptions(message: Http1ProtocolOptionsMessage | undefined) {
  return {
    ...commonProtocolOptions(message),
    acceptHttp10: message?.accept_http_10 ?? false,
    defaultHostForHttp10: message?.default_host_for_http_10 ?? '',
    allowAbsoluteUrl: message?.allow_absolute_url ?? true,
    allowCustomMethods: message?.allow_custom_methods ?? false,
  };
}

/** What `Http1ProtocolOptions` says to a client: spread it over `http1ClientDefaults`. */
export function clientProtocolOptions(message: Http1ProtocolOptionsMessage | undefined) {
  return commonProtocolOptions(message);
}

function commonProtocolOptions(message: Http1ProtocolOptionsMessage | undefined) {
  return {
    enableTrailers: message?.enable_trailers ?? false,
    allowChunkedLength: message?.allow_chunked_length ?? false,
    properCaseWords: message?.header_key_format?.proper_case_words !== undefined,
  };
}
