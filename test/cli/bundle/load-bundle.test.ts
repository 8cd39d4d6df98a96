/** The bundled command line is the one of the files: same modules, same answers, also when nothing can be kept. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commandTable } from '../../../cli/command-table.js';
import { root } from '../../support/project-run.js';
import { withFolder } from '../../support/temporary-folder.js';

const bundleFolder = join(root, 'dist', 'cli', 'bundle');

/** The package as it would be installed, with a bundle folder of its own. @returns the command's path */
function installed(folder: string): { readonly command: string; readonly bundle: string } {
  mkdirSync(join(folder, 'dist', 'cli'), { recursive: true });
  mkdirSync(join(folder, 'cli'));
  for (const name of ['compiler', 'dsl', 'runtime']) {
    cpSync(join(root, 'dist', name), join(folder, 'dist', name), {
      recursive: true,
      filter: (path) => !/\.(?:map|d\.ts)$/.test(path) || path.includes('dsl'),
    });
  }
  const cli = join(folder, 'dist', 'cli');
  cpSync(join(root, 'dist', 'cli'), cli, { recursive: true, filter: (path) => !path.endsWith('.v8') });
  cpSync(join(root, 'cli', 'envoy3.mjs'), join(folder, 'cli', 'envoy3.mjs'));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { command: join(folder, 'cli', 'envoy3.mjs'), bundle: join(cli, 'bundle') };
}

function run(command: string, cwd: string, ...args: string[]): string {
  const { status, stderr, stdout } = spawnSync(process.execPath, [command, ...args], {
    cwd,
    encoding: 'utf8',
  });
  return `${status}\n${stdout}${stderr}`;
}

const config = `import { bootstrap, route } from 'envoy3';
export default { ...bootstrap({ listeners: [] }), node: { id: String(typeof route), cluster: 'ä€😀' }, admin: { address: {} } };
`;

test('every command is in it, or is one of those that stay', () => {
  const text = readFileSync(join(bundleFolder, 'command.script.js'), 'latin1');
  for (const { name } of commandTable) {
    const lasting = ['serve', 'discovery', 'lsp'].includes(name);
    assert.is(text.includes(`"cli/commands/${name}.js":function`), !lasting, name);
  }
  // One octet a character, as it is read.
  assert.not.ok(/[^\0-\x7f]/.test(text));
});

test('answers are equal without a bundle, with a new one, with a kept one, with a broken one', () =>
  withFolder({ 'project/envoy3.config.ts': config, 'package/x': '' }, (cwd) => {
    const { bundle, command } = installed(join(cwd, 'package'));
    const project = join(cwd, 'project');
    const answers = () => [
      run(command, project, 'check'),
      run(command, project, 'build', '-o', '-'),
      run(command, project, '--version'),
      run(command, project, 'explain', 'E2004'),
      run(command, project, 'nonsense'),
    ];
    const kept = () => readdirSync(bundle).filter((name) => name.endsWith('.v8'));
    const first = answers();
    assert.match(first[0] ?? '', /^1\n/);
    const made = kept();
    assert.ok(
      made.some((name) => name.startsWith('check-')) && made.some((name) => name.startsWith('worker-')),
      made.join(),
    );
    assert.equal(answers(), first);
    assert.equal(kept(), made);
    for (const name of made) truncateSync(join(bundle, name), 1000);
    assert.equal(answers(), first);
    for (const name of made) writeFileSync(join(bundle, name), 'no data of V8 at all');
    assert.equal(answers(), first);
    execFileSync('rm', ['-r', ...['command', 'worker'].map((name) => join(bundle, `${name}.script.js`))]);
    assert.equal(answers(), first);
  }));

test('a package that nobody may write to is no fault', () =>
  withFolder({ 'package/x': '' }, (cwd) => {
    const { bundle, command } = installed(join(cwd, 'package'));
    // Root may write to any folder: a folder in the way stands in for one that is read-only.
    chmodSync(bundle, 0o555);
    const { version } = process;
    const script = readFileSync(join(bundle, 'command.script.js'), 'latin1');
    mkdirSync(join(bundle, `other-${script.slice(3, 19)}-${version}-${process.arch}.v8`, 'x'), {
      recursive: true,
    });
    assert.match(run(command, cwd, '--version'), /^0\n\d+\./);
  }));

test.run();
