/** The Puppet module: judged by its linters, and applied to this machine under a folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { DeployCase, DeployPlace, Ended } from './deploy-case.js';
import { ask, configuration, deploy, freePort, put, runTool, runWell, until } from './deploy-case.js';
import { fakeSystemd } from './fake-systemd.js';

/** A module, and a manifest that applies it here. */
function manifest(place: DeployPlace, config: string, parameters: string, path = process.env.PATH ?? '') {
  const settings = { config_dir: join(place.folder, 'etc'), unit_dir: join(place.folder, 'units') };
  const modules = deploy(place, 'puppet', { config, settings, into: 'modules' });
  put(join(place.folder, 'units', '.keep'), '');
  const site = put(
    join(place.folder, 'site.pp'),
    // No systemd runs here: the service is one of commands alone.
    `Service { provider => 'base', status => '/bin/true' }\nclass { 'envoy3':\n  manage_user => false,\n  group => 'root',\n${parameters}}\n`,
  );
  const common = [
    '--modulepath',
    modules,
    '--confdir',
    join(place.folder, 'conf'),
    '--vardir',
    join(place.folder, 'var'),
  ];
  return {
    module: join(modules, 'envoy3'),
    target: join(place.folder, 'etc', 'envoy3.yaml'),
    apply: (...args: string[]): Ended =>
      runTool('puppet', ['apply', '--color=false', '--detailed-exitcodes', ...common, ...args, site], {
        env: { PATH: path },
      }),
  };
}

export const puppetCases: readonly DeployCase[] = [
  {
    name: 'puppet parser and puppet-lint: nothing to say of the module',
    tools: ['puppet', 'puppet-lint'],
    run(place) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a variable of Puppet
      const settings = { description: 'a \'quoted\' "${text}" \\' };
      const folder = join(deploy(place, 'puppet', { settings }), 'envoy3');
      const parsed = runTool('puppet', ['parser', 'validate', '--color=false', join(folder, 'manifests')]);
      assert.equal(parsed, { code: 0, out: '', err: '' });
      assert.equal(runTool('puppet-lint', ['--fail-on-warnings', folder]), { code: 0, out: '', err: '' });
      const { name, summary } = JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'));
      assert.equal([name, summary], ['envoy3-envoy3', settings.description]);
    },
  },
  {
    name: 'puppet apply: --noop writes nothing, a second run changes nothing, a broken configuration leaves the old one',
    tools: ['puppet'],
    run(place) {
      const { apply, module, target } = manifest(place, configuration(), '  manage_service => false,\n');
      assert.is(apply('--noop').code, 0);
      assert.not.ok(existsSync(target));
      const first = apply();
      assert.is(first.code, 2, first.out + first.err);
      assert.is(readFileSync(target, 'utf8'), configuration());
      assert.is(apply().code, 0);
      put(join(module, 'files', 'envoy3.yaml'), `${configuration()}oops: 1\n`);
      const broken = apply();
      assert.is(broken.code, 4, broken.out + broken.err);
      assert.match(broken.err, "has no field 'oops'");
      assert.is(readFileSync(target, 'utf8'), configuration());
    },
  },
  {
    name: 'puppet apply: a change reloads the service and waits until it is ready',
    tools: ['puppet'],
    async run(place) {
      const [admin, port] = [await freePort(), await freePort()];
      const make = (answer: string) => configuration({ admin, port, answer, log: '/dev/null' });
      const systemd = fakeSystemd(place, join(place.folder, 'units', 'envoy3.service'));
      try {
        const path = `${systemd.bin}:${process.env.PATH}`;
        const parameters = "  check_command => '/CHECK',\n";
        const { apply, module } = manifest(
          place,
          make('one'),
          parameters.replace('/CHECK', join(place.root, 'cli/envoy3.mjs')),
          path,
        );
        // What the double of systemd starts must be there before Puppet asks whether it is ready.
        put(join(place.folder, 'etc', 'envoy3.yaml'), make('one'));
        runWell('cp', [join(module, 'files', 'envoy3.service'), join(place.folder, 'units')]);
        runWell('systemctl', ['start', 'envoy3.service'], { env: { PATH: path } });
        assert.is(await until('one', () => ask(port)), 'one');
        apply();
        systemd.calls();
        assert.is(apply().code, 0);
        assert.equal(systemd.calls(), []);
        put(join(module, 'files', 'envoy3.yaml'), make('two'));
        const changed = apply();
        assert.is(changed.code, 2, changed.out + changed.err);
        assert.equal(systemd.calls(), ['reload envoy3.service']);
        assert.match(changed.out, /Exec\[envoy3 ready\].*Triggered 'refresh'/);
        assert.is(await until('two', () => ask(port)), 'two');
      } finally {
        systemd.close();
      }
    },
  },
];
