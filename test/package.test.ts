/**
 * What npm makes of this folder: the archive has every file of every project and nothing that was made here, and
 * the manifest says each thing once.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { templateFiles } from '../cli/support/template-files.js';
import { root, templateFolder } from './support/project-run.js';

const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const manifest = read('package.json');

/** Paths of the archive; nothing is written and no script runs. */
function packed(): string[] {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const text = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(text) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

test('the archive has all of each project, and nothing that it made', () => {
  // What runs in the clone leaves this behind, and the key in it is a secret.
  const key = join(templateFolder('sidecar'), `key-${process.pid}.pem`);
  writeFileSync(key, 'secret');
  try {
    const paths = packed();
    const carried = new Set(paths);
    for (const project of readdirSync(templateFolder('')).filter((name) => !name.startsWith('.'))) {
      for (const { source } of templateFiles(templateFolder(project)).filter(
        (one) => !/\.pem$/.test(one.source),
      )) {
        assert.ok(carried.has(`templates/projects/${project}/${source}`), `${project}/${source}`);
      }
    }
    const odd = paths.filter((path) =>
      /(?:^|\/)(?:test|node_modules|run)\/|\.(?:map|pem|log|tsbuildinfo|stamp|ts\.bak)$|envoy3\.yaml$/.test(
        path,
      ),
    );
    assert.equal(odd, []);
  } finally {
    rmSync(key);
  }
});

test('what the manifest points to is in the archive', () => {
  const carried = new Set(packed());
  const entries = Object.values(manifest.exports as Record<string, string | Record<string, string>>);
  const targets = entries.flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)));
  for (const path of [...targets, ...Object.values(manifest.bin as Record<string, string>)]) {
    assert.ok(carried.has(path.replace(/^\.\//, '')), path);
  }
});

test('a dependency is of one kind, and the lock file names no host', () => {
  const both = Object.keys(manifest.dependencies).filter((name) => name in manifest.devDependencies);
  assert.equal(both, []);
  assert.not.ok(readFileSync(join(root, 'package-lock.json'), 'utf8').includes('"resolved"'));
});

test.run();
