/**
 * The contract of listener filters: they look at the first octets of a connection, before a filter chain is chosen.
 */
import type { ProxiedAddresses, ProxyTlv } from '../network/proxy-protocol/proxy-header.js';
import type { ClientHello } from './client-hello.js';
import { emptyClientHello } from './client-hello.js';

/** What listener filters have found out about a connection; each writes down its part. */
export interface Findings {
  isTls: boolean;
  /** `''` and nothing when there is none; an HTTP inspector adds what it recognises to the protocols. */
  hello: ClientHello;
  /** What the PROXY protocol says; undefined: nothing. */
  proxied: ProxiedAddresses | undefined;
  tlvs: readonly ProxyTlv[];
  /** Path of the Unix socket that the connection came in by. */
  readonly pipePath: string | undefined;
  /** Set from TLVs: namespace -> fields. */
  dynamicMetadata: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** Of a connection of which nothing was read. */
export function noFindings(pipePath?: string): Findings {
  return {
    isTls: false,
    hello: emptyClientHello,
    proxied: undefined,
    tlvs: [],
    pipePath,
    dynamicMetadata: undefined,
  };
}

export interface ListenerFilter {
  /**
   * Asked again with all octets when more have come.
   * @param octets those that no filter before has taken; at least one
   * @returns `more`; `reject`, which closes the connection and counts as an error of listener filters; `close`, which only
   *   closes it; or how many octets the filter takes away, mostly 0
   */
  inspect(octets: Buffer, findings: Findings): 'more' | 'reject' | 'close' | number;
  /** Its filter has not decided, and nothing more will come: the client has ended or the time is over. */
  onUndecided?(octets: Buffer): void;
}
