import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createDiscovery } from '../../../../runtime/discovery/index.js';
import { lockData } from '../../../../runtime/discovery/journal/data-lock.js';
import { withFolder } from '../../../support/temporary-folder.js';

test('a folder has one process at a time; a lock of one that is no more does not count', () =>
  withFolder({}, (folder) => {
    const path = join(folder, 'lock');
    const unlock = lockData(folder);
    assert.throws(() => lockData(folder), new RegExp(`in use by process ${process.pid}`));
    unlock();
    assert.not(existsSync(path));
    // No such process; and one of this number that began at another time.
    for (const stale of ['4194305 1', `${process.pid} 1`, 'nonsense', '']) {
      writeFileSync(path, stale);
      lockData(folder)();
    }
    // What somebody else has taken meanwhile is left alone.
    const late = lockData(folder);
    writeFileSync(path, '1 1');
    late();
    assert.is(readFileSync(path, 'utf8'), '1 1');
  }));

test('two agents on one folder: the second is told; after the first has ended it may', () =>
  withFolder({}, async (folder) => {
    const options = { httpPort: 0, dnsPort: 0, node: 'n1', dataDir: join(folder, 'data') };
    const first = await createDiscovery(options);
    const second = await createDiscovery(options).catch((error: Error) => error.message);
    assert.match(String(second), /the data folder .*data: .*is in use by process|is in use by process/);
    await first.close();
    const third = await createDiscovery(options);
    await third.close();
    const other = await createDiscovery({ ...options, node: 'n2' }).catch((error: Error) => error.message);
    assert.match(String(other), /is of the node 'n1', not of 'n2'/);
    assert.not(existsSync(join(folder, 'data', 'lock')));
  }));

test.run();
