/** What holds for all templates: free text is quoted, nothing of anybody's machine is in them, the page knows them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deploySettings } from '../../../cli/deploy/deploy-settings.js';
import { deployTargets } from '../../../cli/deploy/deploy-targets.js';
import { packageRoot } from '../../../cli/support/package.js';

const folder = join(packageRoot, 'templates', 'deploy');
const templates = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((one) => one.isFile())
  .map((one) => join(one.parentPath, one.name).slice(folder.length + 1));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** Values that may hold any character, or that come from the configuration. */
const free = ['description', 'this', 'probe', 'tags'];

test('every template is used, and every one that is used is there', () => {
  const used = new Set(
    deployTargets
      .flatMap(({ files }) => files.map(({ template }) => template))
      .filter((one) => one !== 'configuration'),
  );
  assert.equal(templates.sort(), [...used].sort());
});

test('free text stands in a helper that quotes it', () => {
  for (const name of templates) {
    for (const value of free) {
      assert.not.match(read(name), new RegExp(`\\{\\{(?:\\.\\./)?${value}\\}\\}`), `${name}: ${value}`);
    }
    assert.not.match(read(name), /\{\{\{/, `${name}: three braces`);
  }
});

test('text that Ansible reads is kept from Jinja', () => {
  for (const name of templates.filter((one) => one.startsWith('ansible/') && one.endsWith('.yml.hbs'))) {
    assert.not.match(read(name), /\{\{yaml (?!\(jinja )/, name);
  }
});

test('each file says who wrote it, and of what', () => {
  for (const name of templates.filter((one) => !one.startsWith('consul/') && !one.endsWith('.json.hbs'))) {
    assert.match(read(name).split('\n').slice(0, 5).join('\n'), /\{\{header\}\}.*\n.*\{\{source\}\}/, name);
  }
});

test('the page knows every target and every setting', () => {
  const page = readFileSync(join(packageRoot, 'docs', 'deploy.md'), 'utf8');
  for (const { name } of deployTargets) assert.match(page, `envoy3 deploy ${name} -o`, name);
  for (const name of Object.keys(deploySettings)) assert.match(page, `\`${name}\``, name);
});

test.run();
