/**
 * `JwtProvider`: who issues tokens, the keys that they are signed by, and what becomes of a good one.
 */
import type { Fields } from '../../../common/message-fields.js';
import { durationOf, messageOf, numberOf, textOf } from '../../../common/message-fields.js';
import { toOctets } from '../../../common/octet-text.js';
import type { RequestHead } from '../../../http/codec.js';
import type { StreamFilterContext } from '../../../http/filter.js';
import { under } from '../../../network/config-path.js';
import { readDataSource } from '../../../network/data-source.js';
import { ConfigError } from '../../../network/filter.js';
import { compileStringMatcher } from '../../../route/compile-string-matcher.js';
import type { AudienceTest } from './audiences.js';
import { compileAudiences } from './audiences.js';
import { padBase64url } from './base64url.js';
import type { ClaimHeader } from './claim-headers.js';
import { addClaimHeaders, addRequestHeader, compileClaimHeaders } from './claim-headers.js';
import { JsonWebKeySet } from './json-web-key-set.js';
import { JwtError } from './jwt-status.js';
import type { JsonObject, Jwt } from './jwt.js';
import type { FetchCounters } from './remote-keys.js';
import { RemoteKeys } from './remote-keys.js';
import { TokenCache } from './token-cache.js';

const defaultSkewSeconds = 60;

export interface JwtProvider {
  readonly config: Fields;
  readonly issuer: string;
  /** Keys of the configuration; undefined: there are none. */
  readonly localKeys: JsonWebKeySet | undefined;
  readonly remoteKeys: RemoteKeys | undefined;
  readonly allowsAudiences: AudienceTest;
  readonly allowsSubject: (subject: string) => boolean;
  /** How long a token may be valid from now on; undefined: it need not say. */
  readonly maxLifetimeSeconds: number | undefined;
  readonly skewSeconds: number;
  readonly forwards: boolean;
  readonly payloadHeader: string;
  readonly padsPayloadHeader: boolean;
  readonly claimHeaders: readonly ClaimHeader[];
  readonly clearsRouteCache: boolean;
  /** Keys of the filter's dynamic metadata; `''`: it is not kept. */
  readonly payloadKey: string;
  readonly headerKey: string;
  readonly failureKey: string;
  /** Claims that become lists, cut at their spaces. */
  readonly spacedClaims: readonly string[];
  readonly cache: TokenCache | undefined;
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map((one) => textOf(one)) : []);

function localKeys(name: string, source: unknown): JsonWebKeySet | undefined {
  if (source === undefined) return undefined;
  const text = readDataSource(source).toString('utf8');
  if (text === '') return undefined;
  try {
    return JsonWebKeySet.parse(text);
  } catch (error) {
    if (!(error instanceof JwtError)) throw error;
    throw new ConfigError(
      `Provider '${name}' in jwt_authn config has invalid local jwks: ${error.message}`,
      [],
    );
  }
}

/** @throws ConfigError with the path inside the message */
export function compileProvider(
  name: string,
  config: Fields,
  context: StreamFilterContext,
  counters: FetchCounters,
): JwtProvider {
  const subjects =
    config.subjects === undefined
      ? undefined
      : under(() => compileStringMatcher(config.subjects), 'subjects');
  return {
    config,
    issuer: textOf(config.issuer),
    localKeys: under(() => localKeys(name, config.local_jwks), 'local_jwks'),
    remoteKeys:
      config.remote_jwks === undefined
        ? undefined
        : under(() => new RemoteKeys(messageOf(config.remote_jwks), name, context, counters), 'remote_jwks'),
    allowsAudiences: compileAudiences(texts(config.audiences)),
    allowsSubject: subjects === undefined ? () => true : (subject) => subjects(toOctets(subject)),
    maxLifetimeSeconds:
      config.max_lifetime !== undefined
        ? durationOf(config.max_lifetime, 0) / 1000
        : config.require_expiration === true
          ? Number.POSITIVE_INFINITY
          : undefined,
    skewSeconds: numberOf(config.clock_skew_seconds, 0) || defaultSkewSeconds,
    forwards: config.forward === true,
    payloadHeader: textOf(config.forward_payload_header).toLowerCase(),
    padsPayloadHeader: config.pad_forward_payload_header === true,
    claimHeaders: compileClaimHeaders(config.claim_to_headers),
    clearsRouteCache: config.clear_route_cache === true,
    payloadKey: textOf(config.payload_in_metadata),
    headerKey: textOf(config.header_in_metadata),
    failureKey: textOf(config.failed_status_in_metadata),
    spacedClaims: texts(messageOf(config.normalize_payload_in_metadata).space_delimited_claims),
    cache:
      config.jwt_cache_config === undefined ? undefined : new TokenCache(messageOf(config.jwt_cache_config)),
  };
}

/** @param now seconds since the epoch, with fractions */
export function allowsLifetime({ maxLifetimeSeconds }: JwtProvider, jwt: Jwt, now: number): boolean {
  if (maxLifetimeSeconds === undefined) return true;
  return jwt.expires !== 0 && jwt.expires - now < maxLifetimeSeconds;
}

/** Tells the upstream of a good token. @returns whether a claim became a header */
export function forwardToken(
  provider: JwtProvider,
  { payload, payloadText }: Jwt,
  { headers }: RequestHead,
): boolean {
  if (provider.payloadHeader !== '') {
    const text = provider.padsPayloadHeader ? padBase64url(payloadText) : payloadText;
    addRequestHeader(headers, provider.payloadHeader, text);
  }
  return addClaimHeaders(headers, payload, provider.claimHeaders);
}

/** The payload as the metadata has it. */
export function payloadOf({ spacedClaims }: JwtProvider, payload: JsonObject): JsonObject {
  if (spacedClaims.length === 0) return payload;
  const normal: Record<string, unknown> = { ...payload };
  for (const name of spacedClaims) {
    const value = payload[name];
    if (typeof value === 'string') normal[name] = value.split(' ').filter((one) => one !== '');
  }
  return normal;
}
