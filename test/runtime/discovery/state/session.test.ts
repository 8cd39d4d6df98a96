import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createCatalog } from '../../../../runtime/discovery/catalog/create-catalog.js';
import { readService } from '../../../../runtime/discovery/definition/service-definition.js';
import type { SessionDefinition } from '../../../../runtime/discovery/state/session-store.js';
import { SessionTimers } from '../../../../runtime/discovery/state/session-timers.js';
import { State } from '../../../../runtime/discovery/state/state.js';
import { FakeClock } from '../../../support/fake-clock.js';

function rig() {
  const clock = new FakeClock();
  const node = { id: 'id', name: 'n1', address: '127.0.0.1', datacenter: 'dc1', meta: {} };
  const state = new State({ catalog: createCatalog({ node }), clock });
  const timers = new SessionTimers({ state, clock, commit: (command) => void state.execute(command) });
  const create = (id: string, more: Partial<SessionDefinition> = {}): void =>
    void state.execute({
      op: 'session-create',
      session: {
        id,
        name: '',
        node: 'n1',
        lockDelayMs: 0,
        behavior: 'release',
        ttl: '',
        ttlMs: 0,
        nodeChecks: [],
        serviceChecks: [],
        ...more,
      },
    });
  const lock = (verb: 'lock' | 'unlock', session: string) =>
    state.execute({
      op: 'kv',
      change: { verb, key: 'k', value: '', flags: '3304740253564472344', session },
      at: clock.wallTime(),
    }).kind;
  return { clock, state, timers, create, lock };
}

test('one holds a lock until it lets go; flags keep all their digits', () => {
  const { create, lock, state } = rig();
  create('a');
  create('b');
  assert.is(lock('lock', 'none'), 'refused');
  assert.is(lock('lock', 'a'), 'done');
  assert.is(lock('lock', 'b'), 'false');
  assert.is(lock('lock', 'a'), 'done');
  assert.is(state.kv.get('k')?.lockIndex, 1);
  assert.is(state.kv.get('k')?.flags, '3304740253564472344');
  assert.is(lock('unlock', 'b'), 'false');
  assert.is(lock('unlock', 'a'), 'done');
  assert.is(lock('lock', 'b'), 'done');
  assert.is(state.kv.get('k')?.lockIndex, 2);
});

test('a session ends when nobody renews it, after twice its time; its lock stays closed for the delay', () => {
  const { clock, create, lock, state, timers } = rig();
  create('a', { ttl: '10s', ttlMs: 10_000, lockDelayMs: 5_000 });
  create('b');
  lock('lock', 'a');
  clock.advance(15_000);
  timers.renew('a');
  clock.advance(19_999);
  assert.ok(state.sessions.get('a'));
  clock.advance(1);
  assert.is(state.sessions.get('a'), undefined);
  assert.is(state.kv.get('k')?.session, undefined);
  assert.is(lock('lock', 'b'), 'false');
  clock.advance(5_000);
  assert.is(lock('lock', 'b'), 'done');
  timers.close();
  assert.is(clock.timers, 0);
});

test('a session ends with its check, and takes its keys along when it was made so', () => {
  const { create, lock, state } = rig();
  const check = { CheckID: 'c', Name: 'c', TTL: '1h', Status: 'passing' };
  state.agent.registerService(readService({ Name: 'web', Check: check }), 'api');
  create('a', { behavior: 'delete', serviceChecks: ['c'] });
  lock('lock', 'a');
  state.agent.report('c', 'critical', '');
  assert.is(state.sessions.get('a'), undefined);
  assert.is(state.kv.get('k'), undefined);
});

test('a transaction is done whole or not at all', () => {
  const { state } = rig();
  const set = (key: string) => ({ verb: 'set', key, value: 'eA==', flags: '0' }) as const;
  const done = state.execute({ op: 'txn', operations: [set('a'), { verb: 'get', key: 'a' }], at: 0 });
  assert.ok(done.kind === 'txn' && done.results.length === 2 && done.results[0]?.hideValue);
  const failed = state.execute({
    op: 'txn',
    operations: [set('b'), { verb: 'delete', key: 'a' }, { verb: 'check-index', key: 'a', index: 1 }],
    at: 0,
  });
  assert.ok(failed.kind === 'txn-failed');
  assert.equal(
    state.kv.below('').map(({ key }) => key),
    ['a'],
  );
});

test.run();
