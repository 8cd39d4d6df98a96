/** The Ansible role: judged by its linters, and applied to this machine under a folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { DeployCase, DeployPlace, Ended } from './deploy-case.js';
import {
  ask,
  configuration,
  deploy,
  freePort,
  hostileAnswer,
  program,
  put,
  runTool,
  runWell,
  until,
} from './deploy-case.js';
import { fakeSystemd } from './fake-systemd.js';

interface Play {
  readonly role: string;
  /** The configuration on the host. */
  readonly target: string;
  run(...args: string[]): Ended;
}

/** A role and a playbook that applies it here. */
function play(
  place: DeployPlace,
  config: string,
  variables: Readonly<Record<string, unknown>> = {},
  path = process.env.PATH ?? '',
): Play {
  const settings = { config_dir: join(place.folder, 'etc'), unit_dir: join(place.folder, 'units') };
  const roles = deploy(place, 'ansible', { config, settings, into: 'roles' });
  put(join(place.folder, 'units', '.keep'), '');
  const given = {
    envoy3_manage_user: false,
    envoy3_group: 'root',
    envoy3_manage_service: false,
    ...variables,
  };
  const lines = Object.entries(given).map(([name, value]) => `      ${name}: ${JSON.stringify(value)}\n`);
  put(
    join(place.folder, 'site.yml'),
    `---\n- name: Deploy\n  hosts: localhost\n  connection: local\n  gather_facts: false\n  roles:\n    - role: envoy3\n${lines.join('')}`,
  );
  const env = {
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_LOCALHOST_WARNING: 'False',
    ANSIBLE_INVENTORY_UNPARSED_WARNING: 'False',
    ANSIBLE_LOCAL_TEMP: join(place.folder, 'tmp'),
    ANSIBLE_REMOTE_TEMP: join(place.folder, 'tmp'),
    PATH: path,
  };
  return {
    role: join(roles, 'envoy3'),
    target: join(place.folder, 'etc', 'envoy3.yaml'),
    run: (...args) => runTool('ansible-playbook', [...args, 'site.yml'], { cwd: place.folder, env }),
  };
}

/** How many tasks changed something; -1 when the play failed. */
function changes({ code, out }: Ended): number {
  return code === 0 ? Number(/changed=(\d+)/.exec(out)?.[1] ?? -1) : -1;
}

const yamllintRules = '{extends: default, rules: {line-length: {max: 160}}}';

export const ansibleCases: readonly DeployCase[] = [
  {
    name: 'ansible-lint and yamllint: nothing to say of the role',
    tools: ['ansible-lint', 'yamllint'],
    run(place) {
      const { role } = play(place, configuration());
      const odd = { description: "{{ 'a' }} {% b %} 100 %: #x" };
      const second = join(
        deploy(place, 'ansible', { engine: 'envoy', settings: odd, into: 'more' }),
        'envoy3',
      );
      for (const folder of [role, second]) {
        const exclude = ['--exclude', join(folder, 'files')];
        const { err } = runWell('ansible-lint', ['--offline', '--nocolor', ...exclude, folder], {
          cwd: place.folder,
        });
        assert.match(err, 'Passed with production profile');
        const parts = ['defaults', 'handlers', 'meta', 'tasks'].map((part) => join(folder, part));
        assert.is(
          runWell('yamllint', ['-d', yamllintRules, ...parts, join(place.folder, 'site.yml')]).out,
          '',
        );
      }
    },
  },
  {
    name: 'ansible-playbook: syntax, check, apply; a second time nothing changes; the octets arrive as they are',
    tools: ['ansible-playbook'],
    run(place) {
      const { run, target } = play(place, configuration());
      assert.is(run('--syntax-check').code, 0);
      const checked = run('--check', '--diff');
      assert.is(changes(checked), 2, checked.out);
      assert.not.ok(existsSync(target));
      assert.is(changes(run()), 2);
      assert.is(readFileSync(target, 'utf8'), configuration());
      assert.is(changes(run()), 0);
      assert.is(changes(run('--check')), 0);
      assert.match(readFileSync(target, 'utf8'), JSON.stringify(hostileAnswer));
    },
  },
  {
    name: 'ansible-playbook: a broken configuration leaves the old one, is told by --check too, and by the check of the copy',
    tools: ['ansible-playbook'],
    run(place) {
      const { role, run, target } = play(place, configuration());
      assert.is(changes(run()), 2);
      const broken = put(join(role, 'files', 'envoy3.yaml'), `${configuration()}  oops: 1\n`);
      for (const args of [['--check'], []]) {
        const { code, out } = run(...args);
        assert.is(code, 2);
        assert.match(out, "has no field 'oops'");
        assert.match(out, 'Check the configuration before anything is changed');
        assert.is(readFileSync(target, 'utf8'), configuration());
      }
      // A command that lets everything on standard input pass: the copy asks it again, about a file without an ending.
      const asked = join(place.folder, 'asked');
      const lenient = put(
        join(place.folder, 'lenient'),
        `#!/bin/sh\nfor last; do :; done\necho "$last" >> '${asked}'\n[ "$last" != - ] || exec cat\nexec ${program(place)} "$@"\n`,
        0o755,
      );
      const { code, out } = run('-e', `envoy3_check_command=${lenient}`);
      assert.is(code, 2);
      assert.match(out, 'failed to validate', out);
      assert.match(readFileSync(asked, 'utf8'), /^-\n\/.*\/[^./]+\n$/);
      assert.is(readFileSync(target, 'utf8'), configuration());
      put(broken, configuration({ answer: 'next' }));
      assert.is(changes(run()), 1);
      const backups = readdirSync(join(place.folder, 'etc')).filter((name) => name !== 'envoy3.yaml');
      // One before the copy that was refused, one before this one.
      assert.is(backups.length, 2, 'the file before is kept');
    },
  },
  {
    name: 'ansible-playbook: variables are checked, and a sensitive configuration is not printed',
    tools: ['ansible-playbook'],
    run(place) {
      const { role, run } = play(place, configuration());
      const wrong = run('-e', '{"envoy3_ready_seconds": "soon"}');
      assert.is(wrong.code, 2);
      assert.match(wrong.out, "'envoy3_ready_seconds' is of type");
      put(join(role, 'files', 'envoy3.yaml'), configuration({ answer: 'hidden-words' }));
      const shown = run('--diff', '-vvv', '-e', '{"envoy3_sensitive": true}');
      assert.is(shown.code, 0);
      assert.not.match(shown.out, 'hidden-words');
    },
  },
  {
    name: 'ansible-playbook: the service is started once, reloads after a change, and the play waits until it is ready',
    tools: ['ansible-playbook'],
    async run(place) {
      const [admin, port] = [await freePort(), await freePort()];
      const make = (answer: string) => configuration({ admin, port, answer, log: '/dev/null' });
      const systemd = fakeSystemd(place, join(place.folder, 'units', 'envoy3.service'));
      try {
        const path = `${systemd.bin}:${process.env.PATH}`;
        const { role, run } = play(place, make('one'), { envoy3_manage_service: true }, path);
        const checked = run('--check');
        assert.is(checked.code, 0, checked.out);
        assert.equal(systemd.calls(), []);
        const first = run();
        assert.is(first.code, 0, first.out + first.err);
        assert.equal(
          systemd.calls().map((call) => call.replaceAll("'", '')),
          ['daemon-reload', 'enable envoy3.service', 'start envoy3.service'],
        );
        assert.is(await until('one', () => ask(port)), 'one');
        assert.is(changes(run()), 0);
        assert.equal(systemd.calls(), []);
        put(join(role, 'files', 'envoy3.yaml'), make('two'));
        const reloaded = run();
        assert.is(reloaded.code, 0, reloaded.out);
        assert.equal(
          systemd.calls().map((call) => call.replaceAll("'", '')),
          ['reload envoy3.service'],
        );
        assert.match(reloaded.out, /Wait until envoy3 is ready\] \*+\nok:/);
        assert.is(await until('two', () => ask(port)), 'two');
        put(join(role, 'files', 'envoy3.yaml'), 'static_resources: [');
        assert.is(run().code, 2);
        assert.equal(systemd.calls(), []);
        assert.is(await ask(port), 'two');
      } finally {
        systemd.close();
      }
    },
  },
];
