/**
 * E3022: JWT requirements that name no provider, rules that name no requirement, claims copied from nowhere.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { fieldsAt, isSet, listAt, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const jwt = 'envoy.extensions.filters.http.jwt_authn.v3.';

function finding(path: Finding['path'], message: string, fix: string): Finding {
  return { code: 'E3022', severity: 'error', path, message, fix };
}

function* claims(filter: Message): Generator<Finding> {
  for (const [name, provider] of Object.entries(fieldsAt(filter.value.providers))) {
    for (const [index, copy] of listAt(fieldsAt(provider).claim_to_headers).entries()) {
      const { claim_name: claimName, claim_path: claimPath } = fieldsAt(copy);
      const set = [textAt(claimName) !== '', isSet(claimPath)].filter(Boolean).length;
      if (set === 1) continue;
      yield finding(
        [...filter.path, 'providers', name, 'claim_to_headers', index],
        'an entry of claim_to_headers takes exactly one of claim_name and claim_path',
        'set claim_name',
      );
    }
  }
}

export function* jwtAuthentication(view: BootstrapView): Generator<Finding> {
  for (const filter of view.all(`${jwt}JwtAuthentication`)) {
    const requirements = Object.keys(fieldsAt(filter.value.requirement_map));
    for (const rule of filter.list('rules')) {
      const name = textAt(rule.value.requirement_name);
      if (name === '' || requirements.includes(name)) continue;
      yield finding(
        [...rule.path, 'requirement_name'],
        `there is no requirement '${name}'`,
        requirements.length === 0 ? 'add it to requirement_map' : `name one of ${requirements.join(', ')}`,
      );
    }
    yield* claims(filter);
  }
  for (const type of [`${jwt}JwtRequirement`, `${jwt}ProviderWithAudiences`]) {
    for (const requirement of view.all(type)) {
      const given = requirement.value.provider_name;
      const filter = requirement.within(`${jwt}JwtAuthentication`);
      // A requirement may be of another kind; one with audiences always names its provider.
      if (filter === undefined || (!isSet(given) && type === `${jwt}JwtRequirement`)) continue;
      const name = textAt(given);
      if (name in fieldsAt(filter.value.providers)) continue;
      const path = isSet(given) ? [...requirement.path, 'provider_name'] : requirement.path;
      yield finding(path, `there is no provider '${name}'`, 'add it to providers');
    }
  }
}
