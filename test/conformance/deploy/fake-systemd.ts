/**
 * A `systemctl` for one unit, where no systemd runs: it does what the unit file says, with `MAINPID` put in, and keeps
 * a list of what it was asked for.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeployPlace } from './deploy-case.js';
import { put } from './deploy-case.js';

/** Reads Exec lines as plain words: the settings of these cases need no quotes. */
const script = `#!/usr/bin/env node
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const [folder, unitFile] = ['FOLDER', 'UNIT'];
const words = process.argv.slice(2);
const verb = words.find((word) => !word.startsWith('-')) ?? '';
appendFileSync(folder + '/calls', words.join(' ') + '\\n');
const read = (name) => (existsSync(folder + '/' + name) ? readFileSync(folder + '/' + name, 'utf8') : '');
const execs = (key) =>
  [...readFileSync(unitFile, 'utf8').matchAll(new RegExp('^' + key + '=(.*)$', 'gm'))].map(([, line]) => line.split(' '));
const isActive = () => {
  try {
    return read('pid') !== '' && process.kill(Number(read('pid')), 0);
  } catch {
    return false;
  }
};
const runAll = (key) => {
  for (const [command, ...args] of execs(key)) {
    const given = args.map((word) => (word === '$MAINPID' ? read('pid') : word));
    if (spawnSync(command, given, { stdio: 'inherit' }).status !== 0) process.exit(1);
  }
};
const stop = () => {
  if (isActive()) process.kill(Number(read('pid')), 'SIGTERM');
  rmSync(folder + '/pid', { force: true });
};
const start = () => {
  runAll('ExecStartPre');
  const [command, ...args] = execs('ExecStart')[0];
  const log = openSync(folder + '/log', 'a');
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] });
  writeFileSync(folder + '/pid', String(child.pid));
  child.unref();
};
if (verb === 'show') {
  const found = existsSync(unitFile);
  process.stdout.write(
    'LoadState=' + (found ? 'loaded' : 'not-found') + '\\nActiveState=' + (isActive() ? 'active' : 'inactive') + '\\n' +
    'UnitFileState=' + (read('enabled') === '' ? 'disabled' : 'enabled') + '\\n');
} else if (verb === 'is-enabled') process.exit(read('enabled') === '' ? 1 : 0);
else if (verb === 'is-active') process.exit(isActive() ? 0 : 3);
else if (verb === 'enable') writeFileSync(folder + '/enabled', 'yes');
else if (verb === 'start' && !isActive()) start();
else if (verb === 'reload') runAll('ExecReload');
else if (verb === 'restart') { stop(); start(); }
else if (verb === 'try-restart' && isActive()) { stop(); start(); }
else if (verb === 'stop') stop();
`;

export interface FakeSystemd {
  /** To be the first of the PATH. */
  readonly bin: string;
  /** What it was asked for since the last call, without questions about the state. */
  calls(): string[];
  /** Ends what it started. */
  close(): void;
}

/** @param unit absolute path of the unit file, which need not exist yet */
export function fakeSystemd({ folder }: DeployPlace, unit: string): FakeSystemd {
  const state = join(folder, 'systemd');
  const text = script.replace('FOLDER', state).replace('UNIT', unit);
  put(join(state, 'bin', 'package.json'), '{ "type": "module" }\n');
  put(join(state, 'bin', 'systemctl'), text, 0o755);
  let seen = 0;
  return {
    bin: join(state, 'bin'),
    calls() {
      const path = join(state, 'calls');
      const all = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
      const fresh = all.slice(seen);
      seen = all.length;
      return fresh.filter((call) => !/^(?:show|is-\w+|list-|cat|--version)/.test(call));
    },
    close() {
      const path = join(state, 'pid');
      if (!existsSync(path)) return;
      try {
        process.kill(Number(readFileSync(path, 'utf8')), 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    },
  };
}
