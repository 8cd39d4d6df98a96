import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeOutput } from '../../compiler/index.js';
import { withFolder } from '../support/temporary-folder.js';

test('a new file', () =>
  withFolder({}, (folder: string) => {
    assert.is(writeOutput(join(folder, 'a.yaml'), 'x: 1\n'), true);
    assert.is(readFileSync(join(folder, 'a.yaml'), 'utf8'), 'x: 1\n');
    assert.equal(readdirSync(folder), ['a.yaml']);
  }));

test('an equal file is not touched', () =>
  withFolder({ 'a.yaml': 'é\n' }, (folder: string) => {
    const path = join(folder, 'a.yaml');
    utimesSync(path, 1, 1);
    const { ino } = statSync(path);
    assert.is(writeOutput(path, 'é\n'), false);
    assert.equal([statSync(path).ino, statSync(path).mtimeMs], [ino, 1000]);
  }));

test('a changed file is replaced as a whole, with its mode', () =>
  withFolder({ 'a.yaml': 'old' }, (folder: string) => {
    const path = join(folder, 'a.yaml');
    chmodSync(path, 0o600);
    const { ino } = statSync(path);
    assert.is(writeOutput(path, 'new'), true);
    assert.is(readFileSync(path, 'utf8'), 'new');
    assert.is(statSync(path).mode & 0o777, 0o600);
    // A reader that has the old one open keeps it: the name points to another file.
    assert.is.not(statSync(path).ino, ino);
    assert.equal(readdirSync(folder), ['a.yaml']);
  }));

test('a failure leaves nothing behind', () =>
  withFolder({}, (folder: string) => {
    const path = join(folder, 'a.yaml');
    mkdirSync(path);
    writeFileSync(join(path, 'inside'), '');
    assert.throws(() => writeOutput(path, 'x'));
    assert.throws(() => writeOutput(join(folder, 'nope', 'a.yaml'), 'x'), /ENOENT/);
    assert.equal(readdirSync(folder), ['a.yaml']);
  }));

test.run();
