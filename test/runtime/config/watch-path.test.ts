import { mkdirSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { watchedNames, watchPath } from '../../../runtime/config/watch-path.js';
import { inTemporaryFolder } from '../../support/serve.js';

/** Folders relative to the temporary one, each with its names. */
function relativeNames(folder: string, path: string): Record<string, string[]> {
  const root = realpathSync(folder);
  return Object.fromEntries(
    [...watchedNames(path)]
      .filter(([where]) => where.startsWith(root))
      .map(([where, names]) => [where.slice(root.length) || '/', [...names]]),
  );
}

test('a plain file is watched in its folder', async () => {
  await inTemporaryFolder(async (folder) => {
    assert.equal(relativeNames(folder, join(folder, 'a.yaml')), { '/': ['a.yaml'] });
  });
});

test('every link on the way is watched where it is', async () => {
  await inTemporaryFolder(async (folder) => {
    mkdirSync(join(folder, 'etc'));
    mkdirSync(join(folder, 'releases/5/conf'), { recursive: true });
    writeFileSync(join(folder, 'releases/5/conf/envoy3.yaml'), '');
    symlinkSync('releases/5', join(folder, 'current'));
    symlinkSync('../current/conf/envoy3.yaml', join(folder, 'etc/envoy3.yaml'));
    assert.equal(relativeNames(folder, join(folder, 'etc/envoy3.yaml')), {
      '/etc': ['envoy3.yaml'],
      '/': ['current'],
      '/releases/5/conf': ['envoy3.yaml'],
    });
  });
});

test('a link to itself ends the search', async () => {
  await inTemporaryFolder(async (folder) => {
    symlinkSync('loop', join(folder, 'loop'));
    assert.ok(watchedNames(join(folder, 'loop')).size > 0);
  });
});

test('a swapped link is told, and so is a change where it leads now', async () => {
  await inTemporaryFolder(async (folder) => {
    for (const name of ['1', '2']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'a.yaml'), name);
    }
    symlinkSync('1', join(folder, 'current'));
    // The watching alone does not keep a process alive.
    const alive = setInterval(() => undefined, 1000);
    let told: () => void = () => undefined;
    const event = (): Promise<void> =>
      new Promise((done) => {
        told = done;
      });
    const stop = watchPath(join(folder, 'current', 'a.yaml'), () => told());
    const swapped = event();
    symlinkSync('2', join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'current'));
    await swapped;
    const changed = event();
    writeFileSync(join(folder, '2', 'a.yaml'), 'new');
    await changed;
    stop();
    clearInterval(alive);
  });
});

test.run();
