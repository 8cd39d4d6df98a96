/**
 * Checks the tokens of one request against a provider, or against whichever has issued them.
 */
import { setHeader } from '../../../common/header-list.js';
import type { RequestHead } from '../../../http/codec.js';
import type { AudienceTest } from './audiences.js';
import type { JwtProvider } from './jwt-provider.js';
import { allowsLifetime, forwardToken, payloadOf } from './jwt-provider.js';
import type { JsonWebKeySet } from './json-web-key-set.js';
import type { JwtStatus } from './jwt-status.js';
import { JwtError, jwtStatusCode, jwtStatusTexts } from './jwt-status.js';
import type { Jwt } from './jwt.js';
import { checkTimes, parseJwt } from './jwt.js';
import type { Fetch } from './remote-keys.js';
import type { LocatedToken } from './token-locations.js';

/** What all requests of a filter share. */
export interface JwtProviders {
  readonly byName: ReadonlyMap<string, JwtProvider>;
  /** The first of an issuer; of `''` the one that takes any. */
  readonly byIssuer: ReadonlyMap<string, JwtProvider>;
  /** Seconds since the epoch, with fractions. */
  now(): number;
  countCacheHit(): void;
  countCacheMiss(): void;
}

/** What the check of one request needs and leaves. */
export interface JwtRequest {
  readonly head: RequestHead;
  /** Becomes dynamic metadata. */
  readonly metadata: Record<string, unknown>;
  clearRouteCache(): void;
  /** Fetches under way: cancelled with the request. */
  readonly fetches: Set<Fetch>;
}

export interface AuthenticatorOptions {
  readonly providers: JwtProviders;
  /** undefined: by the issuer of the token. */
  readonly provider: JwtProvider | undefined;
  /** In the place of those of the provider. */
  readonly allowsAudiences: AudienceTest | undefined;
  readonly allowsFailed: boolean;
  readonly allowsMissing: boolean;
  /** A request that passes with a token that is not good gets a header that says so. */
  readonly tellsUnverified: boolean;
}

/** Of `extract_only_without_validation`. */
const verifiedHeader = 'x-jwt-signature-verified';

/** Unless failures are allowed all tokens must be good: the upstream may take any of them for the one that was. */
export class Authenticator {
  private readonly options: AuthenticatorOptions;
  private readonly request: JwtRequest;
  private readonly done: (status: JwtStatus) => void;
  private readonly tokens: LocatedToken[];
  private provider: JwtProvider | undefined = undefined;
  private clearsRouteCache = false;

  /** @param tokens in the order in which they are checked. @param done called once, unless the request ends before */
  constructor(
    options: AuthenticatorOptions,
    request: JwtRequest,
    tokens: LocatedToken[],
    done: (status: JwtStatus) => void,
  ) {
    this.options = options;
    this.request = request;
    this.tokens = tokens;
    this.done = done;
  }

  start(): void {
    this.next('missing');
  }

  private next(absent: JwtStatus): void {
    const token = this.tokens.shift();
    if (token === undefined) this.finish(absent);
    else this.check(token);
  }

  private check(token: LocatedToken): void {
    const { providers } = this.options;
    let jwt: Jwt | undefined;
    let isKnown = false;
    if (this.options.provider !== undefined) {
      this.provider = this.options.provider;
      jwt = this.provider.cache?.find(token.text);
      isKnown = jwt !== undefined;
      if (isKnown) providers.countCacheHit();
      else providers.countCacheMiss();
    }
    try {
      jwt ??= parseJwt(token.text);
    } catch (error) {
      if (!(error instanceof JwtError)) throw error;
      this.finish(error.status);
      return;
    }
    if (!token.isIssuerAllowed(jwt.issuer)) {
      this.finish('unknownIssuer');
      return;
    }
    if (this.options.provider === undefined) {
      this.provider = providers.byIssuer.get(jwt.issuer) ?? providers.byIssuer.get('');
    }
    const { provider } = this;
    if (provider === undefined) {
      this.finish('unknownIssuer');
      return;
    }
    const status = this.checkClaims(jwt, provider);
    if (status !== 'ok') {
      if (isKnown) provider.cache?.delete(token.text);
      this.finish(status);
    } else if (isKnown) this.accept(token, jwt, provider);
    else this.checkSignature(token, jwt, provider);
  }

  private checkClaims(jwt: Jwt, provider: JwtProvider): JwtStatus {
    const now = this.options.providers.now();
    if (!provider.allowsSubject(jwt.subject) || !allowsLifetime(provider, jwt, now))
      return 'verificationFails';
    const times = checkTimes(jwt, Math.floor(now), provider.skewSeconds);
    if (times !== 'ok') return times;
    const allowsAudiences = this.options.allowsAudiences ?? provider.allowsAudiences;
    return allowsAudiences(jwt.audiences) ? 'ok' : 'audienceNotAllowed';
  }

  private checkSignature(token: LocatedToken, jwt: Jwt, provider: JwtProvider): void {
    const { remoteKeys } = provider;
    const keys = provider.localKeys ?? remoteKeys?.current;
    if (keys !== undefined) {
      this.verify(token, jwt, provider, keys);
      return;
    }
    if (remoteKeys === undefined) {
      this.finish('noValidKeys');
      return;
    }
    const { fetches } = this.request;
    const running: { fetch?: Fetch; isOver: boolean } = { isOver: false };
    running.fetch = remoteKeys.fetch((fetched) => {
      running.isOver = true;
      if (running.fetch !== undefined) fetches.delete(running.fetch);
      if (fetched === undefined) this.finish('fetchFailed');
      else this.verify(token, jwt, provider, fetched);
    });
    if (!running.isOver) fetches.add(running.fetch);
  }

  private verify(token: LocatedToken, jwt: Jwt, provider: JwtProvider, keys: JsonWebKeySet): void {
    const status = keys.verify(jwt);
    if (status !== 'ok') {
      this.finish(status);
      return;
    }
    if (this.options.provider !== undefined) provider.cache?.add(token.text, jwt);
    this.accept(token, jwt, provider);
  }

  private accept(token: LocatedToken, jwt: Jwt, provider: JwtProvider): void {
    const { head, metadata } = this.request;
    const hasHeader = forwardToken(provider, jwt, head);
    if (hasHeader && provider.clearsRouteCache) this.clearsRouteCache = true;
    if (!provider.forwards) token.remove(head);
    if (provider.headerKey !== '') metadata[provider.headerKey] = jwt.header;
    if (provider.payloadKey !== '') metadata[provider.payloadKey] = payloadOf(provider, jwt.payload);
    this.finish('ok');
  }

  /** Of one token, or of none at all. */
  private finish(status: JwtStatus): void {
    const { allowsFailed, allowsMissing, providers, tellsUnverified } = this.options;
    if (status !== 'ok') {
      const [only] = providers.byName.values();
      const told = this.provider ?? (providers.byName.size === 1 ? only : undefined);
      const key = told?.failureKey ?? '';
      if (key !== '') {
        this.request.metadata[key] = { code: jwtStatusCode(status), message: jwtStatusTexts[status] };
      }
    }
    const goesOn = status === 'ok' || allowsFailed || allowsMissing;
    if (goesOn && this.tokens.length > 0) {
      this.next('missing');
      return;
    }
    if (tellsUnverified && status !== 'ok' && status !== 'missing') {
      setHeader(this.request.head.headers, verifiedHeader, 'false');
    }
    this.done(allowsFailed || (allowsMissing && status === 'missing') ? 'ok' : status);
    if (this.clearsRouteCache) this.request.clearRouteCache();
  }
}
