/** The sandbox is in UTC and speaks English, wherever it runs. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../../compiler/index.js';
import { withFolder } from '../../support/temporary-folder.js';

/** This file runs from `dist/test/compiler/evaluate`. */
const cli = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..', 'cli', 'envoy3.mjs');

const text = `const time = new Date(0);
const values = {
  hours: time.getHours(),
  text: String(time),
  parts: [time.toDateString(), time.toTimeString()],
  offset: time.getTimezoneOffset(),
  made: new Date(2020, 1, 1, 12).toISOString(),
  parsed: ['2020-01-01T00:00:00', '2020-01-01', 'Jan 2 2020', '2020-01-01T00:00:00+02:00', 'Thu, 02 Jan 2020 00:00:00 GMT'].map(
    (one) => new Date(one).toISOString(),
  ),
  invalid: String(new Date('nonsense')),
  set: new Date(new Date(0).setHours(5)).toISOString(),
  sorted: ['z', 'ä', 'I', 'i', 'a'].sort((one, other) => one.localeCompare(other)),
  upper: 'i'.toLocaleUpperCase(),
  number: (1234567.5).toLocaleString(),
  collated: new Intl.Collator().compare('ä', 'z'),
  isDate: new Date(0) instanceof Date,
};
export default { node: { id: JSON.stringify(values) } };
`;

const expected = {
  hours: 0,
  text: 'Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)',
  parts: ['Thu Jan 01 1970', '00:00:00 GMT+0000 (Coordinated Universal Time)'],
  offset: 0,
  made: '2020-02-01T12:00:00.000Z',
  parsed: [
    '2020-01-01T00:00:00.000Z',
    '2020-01-01T00:00:00.000Z',
    '2020-01-02T00:00:00.000Z',
    '2019-12-31T22:00:00.000Z',
    '2020-01-02T00:00:00.000Z',
  ],
  invalid: 'Invalid Date',
  set: '1970-01-01T05:00:00.000Z',
  sorted: ['a', 'ä', 'i', 'I', 'z'],
  upper: 'I',
  number: '1,234,567.5',
  collated: -1,
  isDate: true,
};

test('zones and languages of the machine do not matter', () =>
  withFolder({ 'a.ts': text }, async (cwd) => {
    for (const [TZ, LC_ALL] of [
      ['Asia/Tokyo', 'tr_TR.UTF-8'],
      ['America/St_Johns', 'de_DE.UTF-8'],
    ]) {
      const env = { ...process.env, TZ, LC_ALL, LANG: LC_ALL };
      const { stderr, stdout } = spawnSync(process.execPath, [cli, 'build', 'a.ts', '-o', '-'], {
        cwd,
        env,
        encoding: 'utf8',
      });
      const id = /^ {2}id: (.*)$/m.exec(stdout)?.[1];
      assert.ok(id !== undefined, stderr);
      assert.equal(JSON.parse(JSON.parse(id) as string), expected);
    }
  }));

test('dates for people are refused', async () => {
  for (const what of ['new Date(0).toLocaleString()', 'new Intl.DateTimeFormat().format(0)']) {
    const found = await withFolder({ 'a.ts': `export default { node: { id: ${what} } };\n` }, (cwd) =>
      compile({ entry: 'a.ts', cwd, env: {} }),
    );
    assert.equal(
      found.diagnostics.map(({ code }) => code),
      ['E2004'],
      what,
    );
  }
});

test.run();
