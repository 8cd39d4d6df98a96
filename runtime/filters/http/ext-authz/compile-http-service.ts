/**
 * `envoy.extensions.filters.http.ext_authz.v3.HttpService`: which parts of a request an authorization service sees, and
 * which of its headers go where.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, setHeader } from '../../../common/header-list.js';
import { joinToHeader } from '../../../common/inline-headers.js';
import type { Fields } from '../../../common/message-fields.js';
import { durationOf, messageOf, messagesOf, textOf } from '../../../common/message-fields.js';
import type { RequestHead } from '../../../http/codec.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import { compileStringMatcher } from '../../../route/compile-string-matcher.js';

type NameTest = (name: string) => boolean;

export interface AuthorizationHttpService {
  readonly cluster: string;
  readonly timeoutMs: number;
  /** The request to the service, made of the one that it is asked about. */
  request(head: RequestHead, body: Buffer): RequestHead;
  /** Of an answer that allows: put into the request in the place of its own. */
  readonly upstreamHeaders: NameTest;
  readonly upstreamHeadersToAppend: NameTest;
  /** Of an answer that allows: added to the response. */
  readonly clientHeadersOnSuccess: NameTest;
  /** Of an answer that denies. */
  readonly clientHeaders: NameTest;
  readonly metadataHeaders: NameTest;
}

/** `ListStringMatcher`; undefined: the list is not there. @throws ConfigError with the path inside it */
export function compileNameList(given: unknown): NameTest | undefined {
  if (given === undefined) return undefined;
  const tests = messagesOf(messageOf(given).patterns).map((pattern, index) =>
    under(() => compileStringMatcher(pattern), 'patterns', index),
  );
  return (name) => tests.some((test) => test(name));
}

const nothing: NameTest = () => false;
/** These go to the service always. */
const alwaysSent: ReadonlySet<string> = new Set(['authorization']);
/** These go to the client where some are named. */
const alwaysReturned: ReadonlySet<string> = new Set([
  'content-length',
  'location',
  'www-authenticate',
  'proxy-authenticate',
  'set-cookie',
]);

/** @throws ConfigError with the path inside the message */
export function compileHttpService(
  config: Fields,
  allowedHeaders: unknown,
  disallowedHeaders: unknown,
  hasCluster: (name: string) => boolean,
): AuthorizationHttpService {
  const uri = messageOf(config.server_uri);
  const cluster = textOf(uri.cluster);
  if (!hasCluster(cluster)) {
    throw new ConfigError(`ext_authz cluster '${cluster}' does not exist`, ['server_uri', 'cluster']);
  }
  const ofRequest = messageOf(config.authorization_request);
  const answer = messageOf(config.authorization_response);
  const list = (field: string): NameTest | undefined =>
    under(() => compileNameList(answer[field]), 'authorization_response', field);
  const allowed =
    compileNameList(allowedHeaders) ??
    under(() => compileNameList(ofRequest.allowed_headers), 'authorization_request', 'allowed_headers');
  const disallowed = compileNameList(disallowedHeaders) ?? nothing;
  const added: HeaderList = messagesOf(ofRequest.headers_to_add).flatMap(({ key, value }) => [
    textOf(key).toLowerCase(),
    textOf(value),
  ]);
  const prefix = textOf(config.path_prefix);
  const override = textOf(config.path_override);
  const named = list('allowed_client_headers');
  return {
    cluster,
    timeoutMs: durationOf(uri.timeout, 0),
    request(head, body) {
      const { authority, method, path, protocol, scheme } = head;
      const headers: HeaderList = ['host', authority, 'content-length', String(body.length)];
      for (let at = 0; at < head.headers.length; at += 2) {
        const name = head.headers[at] as string;
        if (name === 'host' || name === 'content-length' || name === 'transfer-encoding') continue;
        const isSent = allowed?.(name) === true || alwaysSent.has(name);
        // The service gets one line of each header.
        if (isSent && !disallowed(name)) joinToHeader(headers, name, head.headers[at + 1] as string);
      }
      for (let at = 0; at < added.length; at += 2) {
        setHeader(headers, added[at] as string, added[at + 1] as string);
      }
      return {
        method,
        path: override === '' ? prefix + path : override,
        scheme,
        authority,
        headers,
        upgrade: '',
        protocol,
      };
    },
    upstreamHeaders: list('allowed_upstream_headers') ?? nothing,
    upstreamHeadersToAppend: list('allowed_upstream_headers_to_append') ?? nothing,
    clientHeadersOnSuccess: list('allowed_client_headers_on_success') ?? nothing,
    clientHeaders:
      named === undefined ? (name) => name !== 'host' : (name) => named(name) || alwaysReturned.has(name),
    metadataHeaders: list('dynamic_metadata_from_headers') ?? nothing,
  };
}

/** The names that an answer asks to take out of the request. */
export function headersToRemove(headers: HeaderList): readonly string[] {
  return (getHeader(headers, 'x-envoy-auth-headers-to-remove') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'host' && !name.startsWith(':'));
}
