/**
 * What holds for every project: its configurations have no finding, and what several projects have is the same in each,
 * because a project stands alone once it is laid down.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/index.js';
import { templateFolder } from '../support/project-run.js';

const projects = readdirSync(templateFolder('')).filter((name) => !name.startsWith('.'));

test('there are all', () => {
  assert.equal(projects.sort(), [
    'consul-mesh',
    'edge-tls',
    'front-proxy',
    'minimal',
    'multi-env',
    'sidecar',
    'tcp-proxy',
    'websocket',
  ]);
});

for (const project of projects) {
  const cwd = templateFolder(project);
  const isEntry = (name: string): boolean =>
    /\.config(?:\.\w+)?\.ts$/.test(name) && !(project === 'multi-env' && name === 'envoy3.config.ts');

  for (const entry of readdirSync(cwd).filter(isEntry)) {
    test(`${project}: ${entry} compiles without a finding`, async () => {
      const { diagnostics, yaml } = await compile({ entry, cwd, env: {} });
      assert.equal(diagnostics, []);
      assert.ok(yaml);
    });
  }

  test(`${project} has what a project needs`, () => {
    for (const name of ['README.md', 'package.json', 'tsconfig.json', 'gitignore']) {
      assert.ok(existsSync(join(cwd, name)), name);
    }
    assert.is(JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')).name, project);
    assert.ok(
      readdirSync(cwd).some((name) => name.endsWith('.routes.ts')),
      'route tests',
    );
  });
}

for (const file of ['envoy3-package', 'guard', 'processes', 'run-project'].map(
  (name) => `runner/${name}.mjs`,
)) {
  test(`${file} is the same in all projects that have it`, () => {
    const texts = projects
      .map((project) => join(templateFolder(project), file))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, 'utf8'));
    assert.ok(texts.length > 1);
    assert.is(new Set(texts).size, 1);
  });
}

test.run();
