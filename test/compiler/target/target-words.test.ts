/** `--target`: the verdict of an older Envoy, and what it says. Each was asked of a binary of that release. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../../cli/main.js';
import { findProblems } from '../../../compiler/check/find-problems.js';
import { targetApi } from '../../../dsl/api/history/target-api.js';
import type { TargetApi } from '../../../dsl/api/index.js';
import { recordedIo } from '../../cli/recorded-io.js';
import { withFolder } from '../../support/temporary-folder.js';
import { bootstrap, cluster, httpFilter, listener, router } from '../check/bootstraps.js';

function told(release: string, value: unknown): string[] {
  const target = targetApi(`envoy-${release}`) as TargetApi;
  const { findings } = findProblems(value, { target, lint: { extends: 'none' } });
  return findings.map(({ code, message, path }) => `${code} ${path.at(-1)}: ${message}`);
}

test('a field that came later', () => {
  const value = bootstrap([], [cluster('a', { statsMatcher: { reject_all: true } })]);
  const words = 'stats_matcher of Cluster was introduced in Envoy 1.40; the target is 1.38';
  assert.equal(told('1.38', value), [`E1007 statsMatcher: ${words}`]);
  assert.equal(told('1.40', value), []);
});

test('an extension and its messages that came later', () => {
  const value = bootstrap([
    listener({ http_filters: [httpFilter('transform.v3.TransformConfig', {}), router] }),
  ]);
  const words = 'TransformConfig was introduced in Envoy 1.37; the target is 1.36';
  assert.equal(told('1.36', value), [`E1007 @type: ${words}`]);
  assert.equal(told('1.37', value), []);
});

test('a field that nobody has is a misspelt one', () => {
  const [first] = told('1.36', bootstrap([], [cluster('a', { stats_macher: {} })]));
  assert.match(first ?? '', /^E1002 .* has no field 'stats_macher'/);
});

test('a rule that a later release changed', () => {
  const filter = httpFilter('ip_tagging.v3.IPTagging', { request_type: 'BOTH' });
  const [first] = told('1.36', bootstrap([listener({ http_filters: [filter, router] })]));
  assert.match(first ?? '', /a rule that Envoy 1\.39 changed$/);
});

test('what constructors of older releases refuse', () => {
  const check = (name: string) => ({
    name,
    timeout: '1s',
    interval: '1s',
    unhealthy_threshold: 1,
    healthy_threshold: 1,
    tcp_health_check: {},
  });
  const [one, two] = [check('one'), check('two')];
  assert.equal(told('1.40', bootstrap([], [cluster('a', { health_checks: [one, two] })])), []);
  const unnamed = [one, two].map((given) => ({ ...given, name: undefined }));
  const words = 'several health checks were introduced in Envoy 1.40; the target is 1.39';
  assert.equal(told('1.39', bootstrap([], [cluster('a', { health_checks: unnamed })])), [
    `E1007 1: ${words}`,
  ]);
});

test('commands of format strings that came later', () => {
  const log = (text: string) => {
    const format = { text_format_source: { inline_string: text } };
    const name = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog';
    return [{ name: 'file', typed_config: { '@type': name, path: '/dev/null', log_format: format } }];
  };
  const value = (text: string) => bootstrap([listener({ access_log: log(text) })]);
  const since = (what: string, release: string, target: string) =>
    `E1007 inline_string: ${what} was introduced in Envoy ${release}; the target is ${target}`;
  assert.equal(told('1.39', value('%LISTENER_NAME%')), [since('%LISTENER_NAME%', '1.40', '1.39')]);
  assert.equal(told('1.40', value('%LISTENER_NAME%')), []);
  const masked = '%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(MASK_PREFIX_LEN:24)%';
  const argument = 'an argument of %DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%';
  assert.equal(told('1.37', value(masked)), [since(argument, '1.38', '1.37')]);
  assert.equal(told('1.36', value('%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT()%')), []);
  const chain = '%METADATA(LISTENER_FILTER_CHAIN:a)%';
  assert.is(told('1.36', value(chain)).length, 1);
  assert.equal(told('1.37', value(chain)), []);
});

test('what is deprecated is so in the release that is aimed at', () => {
  const socket = {
    name: 'tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      enforce_rsa_key_usage: true,
    },
  };
  const value = bootstrap([], [cluster('a', { transport_socket: socket })]);
  const deprecated = (release: string): number =>
    findProblems(value, { target: targetApi(`envoy-${release}`) as TargetApi }).findings.filter(
      ({ code }) => code === 'no-deprecated-field',
    ).length;
  assert.is(deprecated('1.37'), 0);
  assert.is(deprecated('1.40'), 1);
});

test('check and build take the option, with a position and a fix', async () => {
  const text =
    "export default { static_resources: { clusters: [{ name: 'a', type: 'STATIC', stats_matcher: { reject_all: true } }] } };\n";
  await withFolder({ 'envoy3.config.ts': text }, async (cwd) => {
    for (const command of ['check', 'build']) {
      const io = recordedIo(cwd);
      assert.is(await main([command, '--target', 'envoy-1.37'], io), 1);
      assert.match(io.err(), /error E1007: stats_matcher of Cluster was introduced in Envoy 1\.40/);
      assert.match(io.err(), /at envoy3\.config\.ts:1:78/);
      assert.match(io.err(), /fix: leave it out, or aim at a newer Envoy: --target envoy-1\.40/);
    }
    const io = recordedIo(cwd);
    assert.is(await main(['check', '--target', 'envoy-1.20'], io), 2);
    assert.match(io.err(), /takes envoy-1\.36, .*envoy-1\.40; got 'envoy-1\.20'/);
  });
});

test.run();
