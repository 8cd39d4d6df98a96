/**
 * The names of a cluster in a worker: the primary asks for them, and its answers are taken over.
 */
import type { Fact, SharedFacts } from '../../common/shared-facts.js';
import type { DnsNames } from './dns-names.js';

/**
 * @param keys of the facts, by the place of the name
 * @param apply takes addresses over
 */
export function followPrimaryNames(
  facts: SharedFacts,
  keys: readonly string[],
  apply: (at: number, addresses: readonly string[]) => unknown,
): DnsNames {
  const take = (at: number, fact: Fact | undefined): void => {
    if (Array.isArray(fact)) apply(at, fact as readonly string[]);
  };
  const ends = keys.map((key, at) => {
    take(at, facts.get(key));
    return facts.follow(key, (fact) => take(at, fact));
  });
  return {
    // A worker gets a configuration when the primary has warmed it.
    warmed: Promise.resolve(),
    refresh: () => undefined,
    stop() {
      for (const end of ends) end();
    },
  };
}
