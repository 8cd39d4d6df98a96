import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createCatalog } from '../../../../runtime/discovery/catalog/create-catalog.js';
import { readService } from '../../../../runtime/discovery/definition/service-definition.js';
import { openJournal } from '../../../../runtime/discovery/journal/journal.js';
import type { JournalFile, JournalFolder } from '../../../../runtime/discovery/journal/journal-folder.js';
import type { Command } from '../../../../runtime/discovery/state/command.js';
import type { Committer } from '../../../../runtime/discovery/state/committer.js';
import { State } from '../../../../runtime/discovery/state/state.js';
import { FakeClock } from '../../../support/fake-clock.js';

/** A disk in memory: what is written is there after `sync` for certain, before it perhaps. */
class MemoryDisk implements JournalFolder {
  readonly files = new Map<string, { now: Buffer; synced: Buffer }>();
  /** Called before each operation; throws to let it fail. */
  fault: (operation: string) => void = () => {};
  failsLate = false;

  async list(): Promise<string[]> {
    return [...this.files.keys()];
  }

  async read(name: string): Promise<Buffer> {
    return Buffer.from((this.files.get(name) as { now: Buffer }).now);
  }

  async open(name: string): Promise<JournalFile> {
    this.fault('open');
    const file = this.files.get(name) ?? { now: Buffer.alloc(0), synced: Buffer.alloc(0) };
    this.files.set(name, file);
    return {
      write: async (octets, position) => {
        const put = (part: Uint8Array): void => {
          const behind = file.now.subarray(position + part.length);
          file.now = Buffer.concat([file.now.subarray(0, position), part, behind]);
        };
        // A disk that fails may have taken a part.
        try {
          this.fault('write');
        } catch (error) {
          put(octets.subarray(0, octets.length >> 1));
          throw error;
        }
        put(octets);
      },
      sync: async () => {
        this.fault('sync');
        file.synced = file.now;
      },
      truncate: async (size) => {
        this.fault('truncate');
        file.now = file.now.subarray(0, size);
      },
      close: async () => undefined,
    };
  }

  async prepare(name: string, octets: Uint8Array): Promise<void> {
    this.fault('prepare');
    const whole = Buffer.from(octets);
    this.files.set(`${name}.tmp`, { now: whole, synced: whole });
  }

  async publish(name: string): Promise<void> {
    const file = this.files.get(`${name}.tmp`) as { now: Buffer; synced: Buffer };
    // It can have happened, though it was said to have failed.
    if (this.failsLate) this.files.set(name, file);
    this.fault('publish');
    this.files.set(name, file);
    this.files.delete(`${name}.tmp`);
  }

  async remove(name: string): Promise<void> {
    if (!this.files.delete(name)) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
  }

  /** The disk as a machine finds it that lost power: of what was not synced, any part may be there. */
  crashed(share = 0): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [name, { now, synced }] of this.files) {
      const isLonger = now.length > synced.length && now.subarray(0, synced.length).equals(synced);
      const extra = isLonger ? Math.floor((now.length - synced.length) * share) : 0;
      const left = isLonger ? now.subarray(0, synced.length + extra) : synced;
      disk.files.set(name, { now: left, synced: left });
    }
    return disk;
  }
}

interface Opened {
  readonly state: State;
  readonly committer: Committer;
  readonly clock: FakeClock;
}

async function open(disk: JournalFolder, snapshotAboveBytes = 1_048_576): Promise<Opened> {
  const clock = new FakeClock();
  const node = { id: 'id', name: 'n1', address: '127.0.0.1', datacenter: 'dc1', meta: {} };
  const kept: { committer?: Committer } = {};
  const state = new State({
    catalog: createCatalog({ node, firstIndex: 1000 }),
    clock,
    started: false,
    commit: (command) => kept.committer?.note(command),
  });
  const committer = await openJournal({ folder: disk, state, clock, snapshotAboveBytes });
  kept.committer = committer;
  return { state, committer, clock };
}

function register(id: string, check: object = {}): Command {
  const registration = readService({ ID: id, Name: 'web', Port: 80, Tags: ['ä'], ...check });
  return { op: 'register-service', registration, origin: 'api', replaceChecks: false, at: 0 };
}

const setKey = (key: string, value: string): Command => ({
  op: 'kv',
  change: { verb: 'set', key, value: Buffer.from(value).toString('base64'), flags: '0' },
  at: 0,
});

const ids = ({ state }: Opened): string[] =>
  state.catalog
    .services()
    .map(({ service }) => service.id)
    .sort();

/** Everything that a client can see, with indexes. */
const all = ({ state }: Opened): unknown => JSON.parse(JSON.stringify(state.dump()));

test('what was acknowledged is there after a restart, with its indexes', async () => {
  const disk = new MemoryDisk();
  const first = await open(disk);
  await Promise.all(
    [register('a'), register('b'), setKey('k', 'v')].map((one) => first.committer.commit(one)),
  );
  await first.committer.commit({ op: 'deregister-service', id: 'a' });
  await first.committer.commit({
    op: 'session-create',
    session: {
      id: 's',
      name: '',
      node: 'n1',
      lockDelayMs: 0,
      behavior: 'release',
      ttl: '',
      ttlMs: 0,
      nodeChecks: [],
      serviceChecks: [],
    },
  });
  await first.committer.commit({ op: 'maintain-node', enable: true, reason: 'x' });
  const again = await open(disk.crashed());
  assert.equal(ids(again), ['b']);
  assert.equal(all(again), all(first));
});

test('a journal that ends anywhere gives the commands that it has whole, and takes new ones', async () => {
  const disk = new MemoryDisk();
  const first = await open(disk);
  const ends: number[] = [0];
  const journal = (): Buffer => (disk.files.get('journal-00000001') as { now: Buffer }).now;
  for (const id of ['a', 'b', 'c', 'd']) {
    await first.committer.commit(register(id));
    ends.push(journal().length);
  }
  const whole = journal();
  for (let size = 0; size <= whole.length; size++) {
    const cut = disk.crashed();
    const octets = whole.subarray(0, size);
    cut.files.set('journal-00000001', { now: octets, synced: octets });
    const again = await open(cut);
    const count = ends.filter((end) => end > 0 && end <= size).length;
    assert.equal(ids(again), ['a', 'b', 'c', 'd'].slice(0, count), `${size} octets`);
    await again.committer.commit(register('z'));
    assert.equal(ids(await open(cut.crashed())), [...['a', 'b', 'c', 'd'].slice(0, count), 'z']);
  }
});

test('an octet that changed is damage that is told, or the end', async () => {
  const disk = new MemoryDisk();
  const first = await open(disk);
  for (const id of ['a', 'b', 'c']) await first.committer.commit(register(id));
  const { now } = disk.files.get('journal-00000001') as { now: Buffer };
  let told = 0;
  for (let at = 0; at < now.length; at++) {
    const changed = disk.crashed();
    const octets = Buffer.from(now);
    octets[at] = (octets[at] as number) ^ 0x10;
    changed.files.set('journal-00000001', { now: octets, synced: octets });
    try {
      assert.ok(ids(await open(changed)).length < 3, `octet ${at}`);
    } catch (error) {
      assert.match((error as Error).message, /is damaged/);
      told++;
    }
  }
  assert.ok(told > now.length / 2, `${told} of ${now.length}`);
  const snapshot = disk.crashed();
  const octets = Buffer.from((disk.files.get('snapshot-00000001') as { now: Buffer }).now);
  octets[20] = (octets[20] as number) ^ 1;
  snapshot.files.set('snapshot-00000001', { now: octets, synced: octets });
  await open(snapshot).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /snapshot-00000001 is damaged/),
  );
});

test('a full disk: a clear refusal, nothing lost, and on it goes when there is room', async () => {
  const disk = new MemoryDisk();
  const opened = await open(disk);
  await opened.committer.commit(register('a', { Check: { TTL: '10s', Status: 'passing' } }));
  opened.state.agent.start();
  disk.fault = (operation) => {
    if (operation === 'write' || operation === 'prepare') throw new Error('ENOSPC: no space left on device');
  };
  const refused = await Promise.resolve(opened.committer.commit(register('b'))).catch((error) => error);
  assert.is(
    refused.message,
    'nothing was changed, because it could not be written: ENOSPC: no space left on device',
  );
  assert.equal(ids(opened), ['a']);
  // What happens by itself happens all the same.
  opened.clock.advance(10_000);
  await opened.committer.idle();
  assert.is(opened.state.catalog.check('service:a')?.status, 'critical');
  assert.equal(ids(await open(disk.crashed())), ['a']);
  disk.fault = () => {};
  await opened.committer.commit(register('c'));
  const again = await open(disk.crashed());
  assert.equal(ids(again), ['a', 'c']);
  assert.is(again.state.catalog.check('service:a')?.status, 'critical');
});

test('what happened while the disk was full is written when there is room, without a client', async () => {
  const disk = new MemoryDisk();
  const opened = await open(disk);
  await opened.committer.commit(register('a', { Check: { TTL: '10s', Status: 'passing' } }));
  opened.state.agent.start();
  disk.fault = () => {
    throw new Error('EIO');
  };
  opened.clock.advance(10_000);
  await opened.committer.idle();
  disk.fault = () => {};
  opened.clock.advance(5_000);
  await opened.committer.idle();
  const again = await open(disk.crashed());
  assert.is(again.state.catalog.check('service:a')?.status, 'critical');
});

test('snapshots take the place of journals that grew', async () => {
  const disk = new MemoryDisk();
  const opened = await open(disk, 2_000);
  for (let n = 0; n < 60; n++) await opened.committer.commit(setKey(`k${n % 3}`, 'x'.repeat(n)));
  assert.is([...disk.files.keys()].filter((name) => name.startsWith('snapshot')).length, 1);
  assert.not(disk.files.has('journal-00000001'));
  assert.equal(all(await open(disk.crashed(), 2_000)), all(opened));
});

test('TTL checks go on counting over a restart: what ran out meanwhile is critical', async () => {
  const disk = new MemoryDisk();
  const opened = await open(disk);
  const at = opened.clock.wallTime();
  const command = register('a', { Check: { TTL: '30s', Status: 'passing' } }) as { at: number };
  await opened.committer.commit({ ...command, at } as Command);
  for (const [later, status] of [
    [20_000, 'passing'],
    [30_000, 'critical'],
  ] as const) {
    const again = await open(disk.crashed());
    again.clock.advance(later);
    again.state.agent.start();
    await again.committer.idle();
    assert.is(again.state.catalog.check('service:a')?.status, status);
    again.clock.advance(10_000);
    await again.committer.idle();
    assert.is(again.state.catalog.check('service:a')?.status, 'critical');
  }
});

test('a report that was acknowledged before the TTL ran out counts, though the disk was slow', async () => {
  const disk = new MemoryDisk();
  const opened = await open(disk);
  opened.state.agent.start();
  const check = { Check: { TTL: '10s', Status: 'passing', DeregisterCriticalServiceAfter: '1m' } };
  const at = opened.clock.wallTime();
  await opened.committer.commit({ ...register('a', check), at } as Command);
  opened.clock.advance(9_999);
  const id = 'service:a';
  const report = { op: 'report', id, status: 'passing', output: 'x', at: opened.clock.wallTime() } as const;
  const acknowledged = opened.committer.commit(report);
  // The timer ends while the report is on its way to the disk.
  opened.clock.advance(1);
  await acknowledged;
  await opened.committer.idle();
  assert.is(opened.state.catalog.check(id)?.status, 'passing');
  opened.clock.advance(9_998);
  assert.is(opened.state.catalog.check(id)?.status, 'passing');
  opened.clock.advance(2);
  await opened.committer.idle();
  assert.is(opened.state.catalog.check(id)?.status, 'critical');
});

test('killed at every step of writing, snapshots included: what was acknowledged is there, and nothing half', async () => {
  for (let step = 1; ; step++) {
    const disk = new MemoryDisk();
    const opened = await open(disk, 300);
    let operations = 0;
    disk.fault = () => {
      // From then on nothing reaches the disk any more.
      if (++operations >= step) throw new Error('killed');
    };
    const acknowledged: string[] = [];
    const asked: string[] = [];
    for (let n = 0; n < 30; n++) {
      asked.push(`k${n}`);
      try {
        await opened.committer.commit(setKey(`k${n}`, 'x'.repeat(n * 5)));
        acknowledged.push(`k${n}`);
      } catch {
        break;
      }
    }
    if (acknowledged.length === 30) {
      assert.ok(step > 65, `${step} steps`);
      break;
    }
    for (const share of [0, 0.5, 1]) {
      const again = await open(disk.crashed(share), 300);
      const found = again.state.kv.below('').map(({ key }) => key);
      for (const key of acknowledged) assert.ok(found.includes(key), `${key} is lost at step ${step}`);
      // The one that was on its way may have arrived, whole.
      for (const key of found) {
        assert.ok(asked.includes(key), `${key} at step ${step}`);
        const { value } = again.state.kv.get(key) as { value: string };
        assert.is(Buffer.from(value, 'base64').length, Number(key.slice(1)) * 5);
      }
      await again.committer.commit(setKey('more', 'y'));
    }
  }
});

test('any faults at any time: what was acknowledged is there, what was refused is not', async () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    fails: fc.option(fc.constantFrom('write', 'sync', 'truncate', 'prepare', 'publish', 'open'), { freq: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (steps, share) => {
        const disk = new MemoryDisk();
        disk.failsLate = share > 0.5;
        const opened = await open(disk, 600);
        const model = new Map<string, string>();
        for (const [n, { key, fails }] of steps.entries()) {
          let left = fails === 'truncate' ? 2 : 1;
          disk.fault = (operation) => {
            const isDue = operation === fails || (fails === 'truncate' && operation === 'write');
            if (isDue && left-- > 0) throw new Error('EIO');
          };
          try {
            await opened.committer.commit(setKey(key, `v${n}`));
            model.set(key, `v${n}`);
          } catch {
            // Refused: it must not be there, now or later.
          }
          for (const state of [opened, await open(disk.crashed(0), 600), await open(disk.crashed(1), 600)]) {
            const found = state.state.kv
              .below('')
              .map((entry) => [entry.key, Buffer.from(entry.value, 'base64').toString()]);
            assert.equal(new Map(found as [string, string][]), model);
          }
        }
        // A write that was never synced may be there in part.
        const partial = await open(disk.crashed(share), 600);
        assert.equal(partial.state.kv.below('').length, model.size);
      },
    ),
    { numRuns: 60 },
  );
});

test('the data of another node is not taken', async () => {
  const disk = new MemoryDisk();
  await open(disk);
  const clock = new FakeClock();
  const node = { id: 'id', name: 'other', address: '127.0.0.1', datacenter: 'dc1', meta: {} };
  const state = new State({ catalog: createCatalog({ node }), clock, started: false });
  await openJournal({ folder: disk, state, clock }).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /of the node 'n1', not of 'other'/),
  );
});

test.run();
