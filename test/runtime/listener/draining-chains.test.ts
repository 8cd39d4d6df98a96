import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createDrainingChains } from '../../../runtime/listener/draining-chains.js';
import type { FilterChain } from '../../../runtime/listener/filter-chain.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { FakeClock } from '../../support/fake-clock.js';

class FakeChain {
  connections: number;
  asked = false;
  drains = 0;
  closed = false;
  readonly config = {} as FilterChain['config'];
  readonly tls = undefined;

  constructor(connections: number) {
    this.connections = connections;
  }

  get filter(): FilterChain['filter'] {
    const count = this.connections;
    return { activeConnections: count, drain: () => void this.drains++ } as unknown as FilterChain['filter'];
  }

  askToClose(): void {
    this.asked = true;
  }

  setTls(): boolean {
    return false;
  }

  accept(): void {
    throw new Error('nobody sends connections there');
  }

  get isIdle(): boolean {
    return this.connections === 0;
  }

  close(): void {
    this.closed = true;
    this.connections = 0;
  }
}

function draining(drainTimeMs: number) {
  const clock = new FakeClock();
  const gauge = createStatsStore().gauge('draining');
  return { clock, gauge, chains: createDrainingChains(clock, drainTimeMs, gauge) };
}

test('a chain without connections is forgotten at once', () => {
  const { chains, clock } = draining(5000);
  const chain = new FakeChain(0);
  chains.add(chain);
  assert.ok(chain.asked);
  assert.is(chains.size, 0);
  assert.is(clock.timers, 0);
});

test('a chain is forgotten when its last connection is gone, and not closed', () => {
  const { chains, clock, gauge } = draining(60_000);
  const chain = new FakeChain(2);
  chains.add(chain);
  assert.is(chains.activeConnections, 2);
  assert.is(gauge.value, 1);
  clock.advance(3000);
  assert.is(chains.size, 1);
  chain.connections = 0;
  clock.advance(1000);
  assert.is(chains.size, 0);
  assert.is(gauge.value, 0);
  assert.not(chain.closed);
  assert.is(clock.timers, 0);
});

test('each chain is closed when its own time is over', () => {
  const { chains, clock } = draining(5000);
  const first = new FakeChain(1);
  const second = new FakeChain(1);
  chains.add(first);
  clock.advance(3000);
  chains.add(second);
  clock.advance(2000);
  assert.ok(first.closed);
  assert.not(second.closed);
  clock.advance(3000);
  assert.ok(second.closed);
  assert.is(chains.size, 0);
});

test('idle connections stay a while, for a request may be on its way', () => {
  const { chains, clock } = draining(60_000);
  const chain = new FakeChain(1);
  chains.add(chain);
  assert.ok(chain.asked);
  clock.advance(1000);
  assert.is(chain.drains, 0);
  clock.advance(1000);
  assert.is(chain.drains, 1);
  chains.closeIdle();
  assert.is(chain.drains, 2);
});

test('the end closes all', () => {
  const { chains, clock } = draining(60_000);
  const chain = new FakeChain(1);
  chains.add(chain);
  chains.close();
  assert.ok(chain.closed);
  assert.is(clock.timers, 0);
});

test.run();
