/**
 * The state that discovery begins with: this node, and what a data folder keeps.
 */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../common/clock.js';
import type { Catalog } from './catalog/catalog.js';
import { createCatalog } from './catalog/create-catalog.js';
import { aliveCheckId } from './catalog/health.js';
import type { DiscoveryLogger, DiscoveryOptions } from './discovery-options.js';
import { lockData } from './journal/data-lock.js';
import { openJournal } from './journal/journal.js';
import { openJournalFolder } from './journal/journal-folder.js';
import type { Committer } from './state/committer.js';
import { State } from './state/state.js';

/** A UUID that stays the same for a name, because clients know nodes by it. */
function nodeId(name: string): string {
  const digits = createHash('sha256').update(`envoy3 discovery node ${name}`).digest('hex');
  return [8, 4, 4, 4, 12]
    .map((size, index, sizes) => {
      const start = sizes.slice(0, index).reduce((sum, one) => sum + one, 0);
      return digits.slice(start, start + size);
    })
    .join('-');
}

function nodeAddresses(address: string): Record<string, string> {
  const suffix = address.includes(':') ? 'ipv6' : 'ipv4';
  return { lan: address, [`lan_${suffix}`]: address, wan: address, [`wan_${suffix}`]: address };
}

function newCatalog(options: DiscoveryOptions, clock: Clock): Catalog {
  const { bind = '127.0.0.1', datacenter = 'dc1' } = options;
  const name = options.node ?? hostname();
  const address = options.nodeAddress ?? (bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind);
  const catalog = createCatalog({
    node: {
      id: options.nodeId ?? nodeId(name),
      name,
      address,
      datacenter,
      taggedAddresses: nodeAddresses(address),
      meta: options.nodeMeta ?? {},
    },
    // Seconds since 1970 are above any index that an earlier run can have reached.
    firstIndex: Math.floor(clock.wallTime() / 1000),
  });
  // Consul lists itself, and clients take a list without it for a broken one.
  const definition = { id: 'consul', name: 'consul', tags: [], address: '', port: 8300, meta: {} };
  const rest = { taggedAddresses: {}, weights: { passing: 1, warning: 1 }, enableTagOverride: false };
  catalog.putService({ ...definition, ...rest }, 'built-in');
  const alive = { id: aliveCheckId, name: 'Serf Health Status', notes: '', status: 'passing' as const };
  catalog.putCheck(
    { ...alive, ttlMs: undefined, probe: undefined, deregisterAfterMs: undefined },
    '',
    'built-in',
  );
  catalog.report(aliveCheckId, 'passing', 'Agent alive and reachable');
  return catalog;
}

/** What is in memory alone is done at once. */
function memoryCommitter(state: State): Committer {
  return {
    commit: (command) => state.execute(command),
    note: (command) => void state.execute(command),
    idle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** The state with what keeps it. */
export async function openState(
  options: DiscoveryOptions,
  clock: Clock,
  logger: DiscoveryLogger,
): Promise<{ state: State; committer: Committer; close: () => Promise<void> }> {
  const { dataDir } = options;
  const kept: { committer?: Committer } = {};
  const state = new State({
    catalog: newCatalog(options, clock),
    clock,
    logger,
    commit: (command) => kept.committer?.note(command),
    started: false,
  });
  if (dataDir === undefined) {
    kept.committer = memoryCommitter(state);
    return { state, committer: kept.committer, close: () => Promise.resolve() };
  }
  const unlock = lockData(dataDir);
  try {
    const folder = await openJournalFolder(dataDir);
    const committer = await openJournal({ folder, state, clock, logger });
    kept.committer = committer;
    const close = async (): Promise<void> => {
      await committer.close();
      unlock();
    };
    return { state, committer, close };
  } catch (error) {
    unlock();
    throw new Error(`the data folder ${dataDir}: ${(error as Error).message}`, { cause: error });
  }
}
