/**
 * `JwtRequirement`: which tokens a request must have.
 */
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../../common/message-fields.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import { compileAudiences } from './audiences.js';
import type { AuthenticatorOptions, JwtProviders, JwtRequest } from './authenticator.js';
import { Authenticator } from './authenticator.js';
import type { JwtStatus } from './jwt-status.js';
import { compileTokenLocations } from './token-locations.js';

/** Calls `done` once, at once or when keys were fetched. */
export type Requirement = (request: JwtRequest, done: (status: JwtStatus) => void) => void;

function authenticate(options: AuthenticatorOptions, configs: readonly Fields[]): Requirement {
  const locations = compileTokenLocations(configs);
  return (request, done) => {
    locations.sanitize(request.head);
    new Authenticator(options, request, locations.find(request.head), done).start();
  };
}

/** Missing tokens and those of other issuers say less than what is wrong with a token of the right one. */
function worst(statuses: readonly JwtStatus[]): JwtStatus {
  let found: JwtStatus = 'missing';
  for (const status of statuses) {
    if ((status !== 'missing' && status !== 'unknownIssuer') || found === 'missing') found = status;
  }
  return found;
}

function any(parts: readonly Requirement[], allowsMissing: boolean, allowsFailed: boolean): Requirement {
  return (request, done) => {
    const statuses: JwtStatus[] = [];
    let isOver = false;
    for (const [index, part] of parts.entries()) {
      if (isOver) return;
      part(request, (status) => {
        if (isOver) return;
        statuses[index] = status;
        if (status === 'ok') {
          isOver = true;
          done('ok');
          return;
        }
        if (Object.keys(statuses).length < parts.length) return;
        isOver = true;
        const final = worst(statuses);
        done(allowsFailed || (allowsMissing && final === 'missing') ? 'ok' : final);
      });
    }
  };
}

function all(parts: readonly Requirement[]): Requirement {
  return (request, done) => {
    let left = parts.length;
    let isOver = false;
    for (const part of parts) {
      if (isOver) return;
      part(request, (status) => {
        if (isOver) return;
        left -= 1;
        if (status === 'ok' && left > 0) return;
        isOver = true;
        done(status);
      });
    }
  };
}

/** @throws ConfigError with the path inside the message */
export function compileRequirement(given: unknown, providers: JwtProviders): Requirement {
  const config = messageOf(given);
  const common = {
    providers,
    allowsAudiences: undefined,
    allowsFailed: false,
    allowsMissing: false,
    tellsUnverified: false,
  };
  const ofProvider = (name: string, audiences: readonly string[]): Requirement => {
    const provider = providers.byName.get(name);
    if (provider === undefined) throw new ConfigError(`Required provider ['${name}'] is not configured.`, []);
    const allowsAudiences = audiences.length === 0 ? undefined : compileAudiences(audiences);
    return authenticate({ ...common, provider, allowsAudiences }, [provider.config]);
  };
  const ofAll = (allowsFailed: boolean, tellsUnverified = false): Requirement =>
    authenticate(
      { ...common, provider: undefined, allowsFailed, allowsMissing: true, tellsUnverified },
      [...providers.byName.values()].map((one) => one.config),
    );
  const list = (field: 'requires_any' | 'requires_all'): readonly Fields[] =>
    messagesOf(messageOf(config[field]).requirements);
  const parts = (field: 'requires_any' | 'requires_all', requirements: readonly Fields[]): Requirement[] =>
    requirements.map((one) =>
      under(() => compileRequirement(one, providers), field, 'requirements', list(field).indexOf(one)),
    );

  if (config.provider_name !== undefined)
    return under(() => ofProvider(textOf(config.provider_name), []), 'provider_name');
  if (config.provider_and_audiences !== undefined) {
    const { audiences, provider_name } = messageOf(config.provider_and_audiences);
    const wanted = Array.isArray(audiences) ? audiences.map((one) => textOf(one)) : [];
    return under(() => ofProvider(textOf(provider_name), wanted), 'provider_and_audiences', 'provider_name');
  }
  if (config.requires_any !== undefined) {
    const given = list('requires_any');
    const allowsFailed = given.some((one) => one.allow_missing_or_failed !== undefined);
    const allowsMissing = given.some((one) => one.allow_missing !== undefined);
    const rest = given.filter(
      (one) => one.allow_missing_or_failed === undefined && one.allow_missing === undefined,
    );
    if (rest.length === 0) return ofAll(allowsFailed);
    return any(parts('requires_any', rest), allowsMissing, allowsFailed);
  }
  if (config.requires_all !== undefined) return all(parts('requires_all', list('requires_all')));
  if (config.allow_missing_or_failed !== undefined) return ofAll(true);
  if (config.allow_missing !== undefined) return ofAll(false);
  // Measured: only good tokens are extracted, whatever the name says.
  if (config.extract_only_without_validation !== undefined) return ofAll(true, true);
  return (_request, done) => done('ok');
}
