/** What of a template becomes a project, and how the project finds the package. */
import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { linkPackage } from '../../../cli/support/link-package.js';
import { packageRoot } from '../../../cli/support/package.js';
import { templateFiles } from '../../../cli/support/template-files.js';
import { withFolder } from '../../support/temporary-folder.js';

test('the ignore file gets its dot, and what it names is left out', () =>
  withFolder(
    {
      gitignore: 'node_modules\nrun/\n.*.stamp\n*.pem\n# comment\n\n',
      'a.ts': '',
      'runner/a.mjs': '',
      'runner/run': 'a file, which the pattern of folders is not for',
      'run/made.yaml': '',
      '.a.stamp': '',
      'sub/key.pem': '',
      'xpem.txt': '',
      'node_modules/x/index.js': '',
    },
    (folder) => {
      const targets = templateFiles(folder).map(({ target }) => target);
      assert.equal(targets.sort(), ['.gitignore', 'a.ts', 'runner/a.mjs', 'runner/run', 'xpem.txt']);
      assert.is(templateFiles(folder).find(({ target }) => target === '.gitignore')?.source, 'gitignore');
    },
  ));

test('a template without an ignore file is copied whole', () =>
  withFolder({ 'a.pem': '' }, (folder) =>
    assert.equal(templateFiles(folder), [{ source: 'a.pem', target: 'a.pem' }]),
  ));

test('the package is linked when none is installed', () =>
  withFolder({ 'package.json': '{}' }, (folder) => {
    assert.is(linkPackage(folder), true);
    assert.is(realpathSync(join(folder, 'node_modules', 'envoy3')), realpathSync(packageRoot));
    assert.ok(existsSync(join(folder, 'node_modules', '.bin', 'envoy3')));
    assert.is(linkPackage(folder), false);
  }));

test('one that is installed above is left to be the one', () =>
  withFolder(
    {
      'node_modules/envoy3/package.json': '{ "name": "envoy3" }',
      'project/package.json': '{}',
    },
    (folder) => {
      assert.is(linkPackage(join(folder, 'project')), false);
      assert.not.ok(existsSync(join(folder, 'project', 'node_modules')));
    },
  ));

test('a link that leads nowhere is replaced, anything else is left alone', () =>
  withFolder({ 'other/node_modules/envoy3/readme': 'mine' }, (folder) => {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(folder, 'gone'), join(folder, 'node_modules', 'envoy3'));
    assert.is(linkPackage(folder), true);
    assert.is(linkPackage(join(folder, 'other')), false);
    assert.is(readFileSync(join(folder, 'other', 'node_modules', 'envoy3', 'readme'), 'utf8'), 'mine');
  }));

test.run();
