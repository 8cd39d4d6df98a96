import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConfigFile } from '../../../runtime/config/config-watcher.js';
import { watchConfig } from '../../../runtime/config/config-watcher.js';
import { FakeClock } from '../../support/fake-clock.js';

/** A file in memory whose writer tells, or does not tell. */
class FakeFile implements ConfigFile {
  text: string | undefined;
  reads = 0;
  watched = true;
  private version = 0;
  private onEvent: () => void = () => undefined;

  constructor(text: string) {
    this.text = text;
  }

  read(): string | undefined {
    this.reads++;
    return this.text;
  }

  stamp(): string | undefined {
    return this.text === undefined ? undefined : String(this.version);
  }

  watch(onEvent: () => void): () => void {
    this.onEvent = onEvent;
    return () => {
      this.watched = false;
    };
  }

  write(text: string | undefined): void {
    this.writeSilently(text);
    this.onEvent();
  }

  writeSilently(text: string | undefined): void {
    this.text = text;
    this.version++;
  }
}

function watching(initial: string, onChange?: (text: string) => Promise<void>) {
  const file = new FakeFile(initial);
  const clock = new FakeClock();
  const seen: string[] = [];
  const watcher = watchConfig({
    file,
    clock,
    initial,
    onChange: async (text) => {
      seen.push(text);
      await onChange?.(text);
    },
  });
  return { file, clock, seen, watcher };
}

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

test('a text that stays equal for a while is handed over, once', async () => {
  const { clock, file, seen } = watching('a');
  file.write('b');
  clock.advance(100);
  await settled();
  clock.advance(10_000);
  assert.equal(seen, ['b']);
});

test('a writer that goes on is waited for', async () => {
  const { clock, file, seen } = watching('whole');
  for (const part of ['h', 'ha', 'hal', 'half', 'half and half']) {
    file.write(part);
    clock.advance(9);
  }
  assert.equal(seen, []);
  clock.advance(100);
  await settled();
  assert.equal(seen, ['half and half']);
});

test('an empty file is given more time, for it is the first step of a writer', async () => {
  const { clock, file, seen } = watching('a');
  file.write('');
  clock.advance(200);
  assert.equal(seen, []);
  file.write('b');
  clock.advance(100);
  await settled();
  assert.equal(seen, ['b']);
  file.write('');
  clock.advance(1000);
  await settled();
  assert.equal(seen, ['b', '']);
});

test('equal bytes are dropped, and so is a file that is gone', async () => {
  const { clock, file, seen } = watching('a');
  file.write('a');
  clock.advance(1000);
  file.write(undefined);
  clock.advance(5000);
  file.write('a');
  clock.advance(5000);
  await settled();
  assert.equal(seen, []);
});

test('a change that nobody tells of is found by looking', async () => {
  const { clock, file, seen } = watching('a');
  clock.advance(500);
  file.writeSilently('b');
  clock.advance(1500);
  await settled();
  assert.equal(seen, ['b']);
});

test('a change between the first reading and the watching is found at once', async () => {
  const file = new FakeFile('newer');
  const clock = new FakeClock();
  const seen: string[] = [];
  watchConfig({ file, clock, initial: 'older', onChange: async (text) => void seen.push(text) });
  clock.advance(100);
  await settled();
  assert.equal(seen, ['newer']);
});

test('a file at rest is not read', () => {
  const { clock, file } = watching('a');
  clock.advance(100);
  const { reads } = file;
  clock.advance(60_000);
  assert.is(file.reads, reads);
});

test('one text at a time: what comes meanwhile is handed over afterwards, the last one only', async () => {
  let finish: () => void = () => undefined;
  const { clock, file, seen } = watching(
    'a',
    () =>
      new Promise<void>((done) => {
        finish = done;
      }),
  );
  file.write('b');
  clock.advance(100);
  await settled();
  file.write('c');
  clock.advance(100);
  file.write('d');
  clock.advance(100);
  assert.equal(seen, ['b']);
  finish();
  await settled();
  clock.advance(100);
  await settled();
  assert.equal(seen, ['b', 'd']);
});

test('a text that was refused is not tried again, another one is', async () => {
  const { clock, file, seen } = watching('good', () => Promise.resolve());
  file.write('bad');
  clock.advance(100);
  await settled();
  file.write('bad');
  clock.advance(5000);
  await settled();
  file.write('good');
  clock.advance(100);
  await settled();
  assert.equal(seen, ['bad', 'good']);
});

test('after close nothing happens any more', () => {
  const { clock, file, seen, watcher } = watching('a');
  file.write('b');
  watcher.close();
  clock.advance(10_000);
  assert.equal(seen, []);
  assert.not(file.watched);
  assert.is(clock.timers, 0);
});

test.run();
