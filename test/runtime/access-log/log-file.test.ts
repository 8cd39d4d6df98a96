import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createAccessLogFiles } from '../../../runtime/access-log/create-access-loggers.js';
import type { LogFileSystem } from '../../../runtime/access-log/log-file.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { FakeClock } from '../../support/fake-clock.js';

/** A disk whose writes end when the test says so. */
class FakeDisk implements LogFileSystem {
  readonly opened: string[] = [];
  readonly closed: number[] = [];
  readonly written = new Map<number, string>();
  failsToOpen = false;
  terminal = false;
  private readonly waiting: {
    text: string;
    descriptor: number;
    done: (error: Error | null, written: number) => void;
  }[] = [];

  open(path: string): number {
    if (this.failsToOpen) throw Object.assign(new Error('no'), { code: 'ENOENT' });
    this.opened.push(path);
    return 100 + this.opened.length;
  }

  write(descriptor: number, octets: Buffer, done: (error: Error | null, written: number) => void): void {
    this.waiting.push({ descriptor, text: octets.toString('latin1'), done });
  }

  close(descriptor: number): void {
    this.closed.push(descriptor);
  }

  isTerminal(): boolean {
    return this.terminal;
  }

  get writesUnderWay(): number {
    return this.waiting.length;
  }

  /** Ends the write that began first. @param length how much of it succeeds */
  end(length = Number.POSITIVE_INFINITY): void {
    const one = this.waiting.shift();
    if (one === undefined) throw new Error('nothing is being written');
    const text = one.text.slice(0, length);
    this.written.set(one.descriptor, (this.written.get(one.descriptor) ?? '') + text);
    one.done(null, text.length);
  }

  fail(code: string): void {
    this.waiting.shift()?.done(Object.assign(new Error(code), { code }), 0);
  }
}

function setUp(disk = new FakeDisk()) {
  const clock = new FakeClock();
  const stats = createStatsStore();
  const files = createAccessLogFiles({ clock, stats, flushIntervalMs: 10_000, fileSystem: disk });
  const counter = (name: string): number => stats.counter(`filesystem.${name}`).value;
  return { clock, counter, disk, files, file: files.open('/log'), stats };
}

test('lines wait for the timer', () => {
  const { clock, counter, disk, file } = setUp();
  file.write('a\n');
  file.write('b\n');
  clock.advance(9_999);
  assert.is(disk.writesUnderWay, 0);
  clock.advance(1);
  disk.end();
  assert.is(disk.written.get(101), 'a\nb\n');
  assert.is(counter('write_buffered'), 2);
  assert.is(counter('flushed_by_timer'), 1);
  assert.is(counter('write_completed'), 1);
  file.write('c\n');
  clock.advance(10_000);
  disk.end();
  assert.is(disk.written.get(101), 'a\nb\nc\n');
});

test('lines whose timer finds a slow write under way are not left behind', () => {
  const { clock, disk, file } = setUp();
  file.write('a\n');
  clock.advance(10_000);
  file.write('b\n');
  clock.advance(10_000);
  assert.is(disk.writesUnderWay, 1);
  disk.end();
  clock.advance(10_000);
  disk.end();
  assert.is(disk.written.get(101), 'a\nb\n');
});

test('64 KiB do not wait, and one write is under way at a time', () => {
  const { clock, disk, file } = setUp();
  const line = `${'x'.repeat(1023)}\n`;
  for (let at = 0; at < 63; at++) file.write(line);
  assert.is(disk.writesUnderWay, 0);
  file.write(line);
  assert.is(disk.writesUnderWay, 1);
  for (let at = 0; at < 100; at++) file.write(line);
  assert.is(disk.writesUnderWay, 1);
  disk.end();
  assert.is(disk.writesUnderWay, 1);
  disk.end();
  assert.is(disk.written.get(101), line.repeat(164));
  clock.advance(20_000);
  assert.is(disk.writesUnderWay, 0);
});

test('a write that took a part only goes on', () => {
  const { disk, file } = setUp();
  file.write('abcdef\n');
  void file.flush();
  disk.end(2);
  disk.end(3);
  disk.end();
  assert.is(disk.written.get(101), 'abcdef\n');
});

test('a full pipe is tried again', () => {
  const { clock, counter, disk, file } = setUp();
  file.write('a\n');
  void file.flush();
  disk.fail('EAGAIN');
  assert.is(disk.writesUnderWay, 0);
  clock.advance(20);
  disk.end();
  assert.is(disk.written.get(101), 'a\n');
  assert.is(counter('write_failed'), 0);
});

test('a full disk loses what it was given, and counts', () => {
  const { counter, disk, file } = setUp();
  file.write('a\n');
  void file.flush();
  disk.fail('ENOSPC');
  assert.is(counter('write_failed'), 1);
  file.write('b\n');
  void file.flush();
  disk.end();
  assert.is(disk.written.get(101), 'b\n');
});

test('a stuck disk costs a bounded buffer: further lines are dropped and counted', () => {
  const { counter, disk, file, stats } = setUp();
  const line = 'x'.repeat(1024 * 1024);
  for (let at = 0; at < 20; at++) file.write(line);
  assert.is(disk.writesUnderWay, 1);
  assert.is(counter('write_dropped'), 3);
  assert.is(stats.gauge('filesystem.write_total_buffered').value, 16 * 1024 * 1024);
  disk.end();
  disk.end();
  file.write('again\n');
  assert.is(counter('write_dropped'), 3);
});

test('flush waits for what was there, not for what comes later', async () => {
  const { disk, file } = setUp();
  file.write('a\n');
  const first = file.flush();
  file.write('b\n');
  let done = '';
  const both = file.flush().then(() => {
    done += 'b';
  });
  file.write('c\n');
  disk.end();
  await first;
  assert.is(done, '');
  disk.end();
  await both;
  assert.is(disk.written.get(101), 'a\nb\nc\n');
  await file.flush();
});

test('reopen: the write under way ends in the old file, the rest goes to the new one', () => {
  const { disk, files, file } = setUp();
  file.write('old\n');
  void file.flush();
  file.write('new\n');
  files.reopen();
  files.reopen();
  assert.equal(disk.closed, [102]);
  void file.flush();
  disk.end();
  assert.equal(disk.closed, [102, 101]);
  disk.end();
  assert.equal(
    [...disk.written],
    [
      [101, 'old\n'],
      [103, 'new\n'],
    ],
  );
});

test('reopen that fails keeps the old file', () => {
  const { counter, disk, files, file } = setUp();
  disk.failsToOpen = true;
  files.reopen();
  file.write('a\n');
  void file.flush();
  disk.end();
  assert.is(disk.written.get(101), 'a\n');
  assert.is(counter('reopen_failed'), 1);
});

test('one path is one file; standard output is not opened, and a terminal is told soon', () => {
  const disk = new FakeDisk();
  disk.terminal = true;
  const { clock, files } = setUp(disk);
  assert.is(files.open('/log'), files.open('/log'));
  assert.equal(disk.opened, ['/log']);
  const out = files.open('/dev/stdout');
  files.reopen();
  assert.equal(disk.opened, ['/log', '/log']);
  out.write('a\n');
  clock.advance(100);
  disk.end();
  assert.is(disk.written.get(1), 'a\n');
});

test.run();
