import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConfigFile } from '../../../runtime/config/config-watcher.js';
import type { RotatingTls } from '../../../runtime/network/tls/material.js';
import { createTlsRotation } from '../../../runtime/server/tls-rotation.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { FakeClock } from '../../support/fake-clock.js';

/** What the watched files hold, by their names. */
class FakeFiles {
  readonly watched = new Map<string, number>();
  private content = 0;
  private readonly wakes = new Set<() => void>();

  open(paths: readonly string[]): ConfigFile {
    const key = paths.join();
    return {
      read: () => String(this.content),
      stamp: () => String(this.content),
      watch: (onEvent) => {
        this.watched.set(key, (this.watched.get(key) ?? 0) + 1);
        this.wakes.add(onEvent);
        return () => {
          this.watched.set(key, (this.watched.get(key) ?? 0) - 1);
          this.wakes.delete(onEvent);
        };
      },
    };
  }

  change(): void {
    this.content++;
    for (const wake of this.wakes) wake();
  }
}

function following(prepare: () => () => boolean, files: readonly string[] = ['a.pem']) {
  const context: { -readonly [Field in keyof RotatingTls]: RotatingTls[Field] } = {
    key: files,
    name: "listener 'main'",
    files,
    prepare,
  };
  const clock = new FakeClock();
  const disk = new FakeFiles();
  const stats = createStatsStore();
  const lines: string[] = [];
  const tell = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  const log = { info: tell('info'), error: tell('error') } as never;
  const rotation = createTlsRotation({ clock, log, stats, open: (paths) => disk.open(paths) });
  rotation.follow([context]);
  /** Long enough for a change to count as whole. */
  const settle = async (): Promise<void> => {
    for (let step = 0; step < 5; step++) {
      clock.advance(20);
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  const count = (name: string): number => stats.counter(`envoy3.tls.rotation_${name}`).value;
  return { context, disk, lines, rotation, settle, count };
}

test('what was read before it was watched is read again, and nothing is said when it is the same', async () => {
  let reads = 0;
  const { count, lines, settle } = following(() => {
    reads++;
    return () => false;
  });
  await settle();
  assert.is(reads, 1);
  assert.equal(lines, []);
  assert.is(count('success'), 0);
});

test('a change is put in force, told and counted', async () => {
  const { count, disk, lines, settle } = following(() => () => true);
  await settle();
  disk.change();
  await settle();
  assert.is(count('success'), 2);
  assert.match(lines.at(-1) ?? '', /^info listener 'main': certificates that were replaced/);
});

test('what cannot be used is told once, and looked at again when it changes', async () => {
  let good = false;
  const { count, disk, lines, settle } = following(() => {
    if (!good) throw new Error('a.pem is broken');
    return () => true;
  });
  await settle();
  await settle();
  assert.equal(lines, [
    "error listener 'main': certificates on the disk refused, those before stay in force: a.pem is broken",
  ]);
  assert.is(count('rejected'), 1);
  good = true;
  disk.change();
  await settle();
  assert.is(count('success'), 1);
});

test('files that a secret names from now on are watched instead', async () => {
  const { context, disk, rotation, settle } = following(() => () => {
    context.files = ['b.pem'];
    return true;
  });
  await settle();
  await settle();
  assert.equal(
    [...disk.watched],
    [
      ['a.pem', 0],
      ['b.pem', 1],
    ],
  );
  rotation.follow([]);
  assert.is(disk.watched.get('b.pem'), 0);
});

test('a context that goes on over a reload is not read again', async () => {
  let reads = 0;
  const { context, disk, rotation, settle } = following(() => {
    reads++;
    return () => false;
  });
  await settle();
  rotation.follow([{ ...context }]);
  await settle();
  assert.is(reads, 1);
  assert.is(disk.watched.get('a.pem'), 1);
  rotation.close();
  assert.is(disk.watched.get('a.pem'), 0);
});

test('a context without files is not watched', () => {
  const { disk } = following(() => () => true, []);
  assert.is(disk.watched.size, 0);
});

test.run();
