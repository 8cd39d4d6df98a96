import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { indexDomains } from '../../../runtime/route/host-index.js';

/** Envoy's order: exact, longest suffix, longest prefix, everything. */
function findNaively(domains: readonly string[], host: string): string | undefined {
  const exact = domains.find((domain) => domain === host);
  if (exact !== undefined && exact !== '*') return exact;
  const longest = (fits: (domain: string) => boolean): string | undefined =>
    domains.filter(fits).sort((one, other) => other.length - one.length)[0];
  const isSuffix = (domain: string) => domain.startsWith('*') && domain !== '*';
  return (
    longest((one) => isSuffix(one) && host.endsWith(one.slice(1)) && host.length >= one.length) ??
    longest(
      (one) =>
        !isSuffix(one) &&
        one !== '*' &&
        one.endsWith('*') &&
        host.startsWith(one.slice(0, -1)) &&
        host.length >= one.length,
    ) ??
    domains.find((domain) => domain === '*')
  );
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 5 });
const domain = fc.oneof(
  name,
  name.map((one) => `*${one}`),
  name.map((one) => `${one}*`),
  fc.constant('*'),
);

test('finds the domain that trying all finds', () => {
  fc.assert(
    fc.property(fc.uniqueArray(domain, { maxLength: 12 }), name, (domains, host) => {
      assert.is(indexDomains(domains.map((one) => [one, one]))(host), findNaively(domains, host));
    }),
    { numRuns: 3000 },
  );
});

test('case does not matter; a port is part of the host; a wildcard stands for something', () => {
  const find = indexDomains([
    ['A.Example', 1],
    ['a.example:8080', 2],
    ['*.a.example', 3],
    ['x.*', 4],
  ]);
  assert.is(find('a.EXAMPLE'), 1);
  assert.is(find('a.example:8080'), 2);
  assert.is(find('a.example:80'), undefined);
  assert.is(find('.a.example'), undefined);
  assert.is(find('b.A.example'), 3);
  assert.is(find('x.'), undefined);
  assert.is(find('X.y'), 4);
  assert.is(find(''), undefined);
});

test.run();
