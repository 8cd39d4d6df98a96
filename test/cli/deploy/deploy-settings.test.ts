/** `--set`: what is taken, and what is said to the rest. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deploySettings, readSettings } from '../../../cli/deploy/deploy-settings.js';

test('defaults pass their own rules', () => {
  for (const engine of ['bundled', 'envoy'] as const) {
    const defaults = readSettings([], engine);
    const all = Object.entries(defaults).map(([name, value]) => `${name}=${value}`);
    assert.equal(readSettings(all, engine), defaults);
  }
  assert.not.ok('admin' in readSettings([], 'bundled'));
});

test('a value of its own', () => {
  assert.is(readSettings(['description=50 % = "half"'], 'bundled').description, '50 % = "half"');
  assert.is(readSettings(['admin=[::1]:9901'], 'bundled').admin, '[::1]:9901');
});

test('bad input', () => {
  const refused = (assignment: string, message: RegExp) =>
    assert.throws(() => readSettings([assignment], 'bundled'), message, assignment);
  refused('name', /takes NAME=VALUE; got 'name'/);
  refused('nam=x', /did you mean 'name'/);
  refused('__proto__=x', /no setting '__proto__'/);
  refused('qqqqqqqq=x', /there are: name, /);
  refused('config_dir=etc', /an absolute path .*; got 'etc'/);
  refused('config_dir=/etc/../root', /without \. and \.\. steps/);
  refused('config_dir=/a b', /absolute path/);
  refused('config_dir=/a\n', /absolute path/);
  refused('envoy3_bin=/bin/$(id)', /absolute path/);
  refused('drain_seconds=0', /a whole number from 1/);
  refused('drain_seconds=1.5', /a whole number from 1/);
  refused('admin=localhost', /HOST:PORT/);
  refused('admin=localhost:65536', /a port from 1 to 65535/);
  refused('description=a\nb', /one line of text/);
  refused('tags=a,,b', /words/);
  assert.throws(() => readSettings(['name=a', 'name=b'], 'bundled'), /'--set name' is there twice/);
});

test('every setting says what it is', () => {
  for (const [name, { description }] of Object.entries(deploySettings)) {
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.ok(description.length > 3);
  }
});

test.run();
