/** `envoy3 test` and `envoy3 route` on real folders. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from './run-command.js';

const config = `import { bootstrap, httpListener, route, staticCluster, virtualHost } from 'envoy3';
const web = staticCluster('web', ['127.0.0.1:1']);
const api = staticCluster('api', ['127.0.0.1:2']);
export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [route('/api', api), route('/', web)])] })],
});
`;
const tests = (cluster: string) => `import { defineRouteTests } from 'envoy3';
export default defineRouteTests({
  tests: [{ request: 'http://a/api', expect: { cluster: '${cluster}' } }],
});
`;
const yaml = 'tests:\n  - request: http://a/\n    expect:\n      cluster: api\n';
const files = { 'envoy3.config.ts': config };

test('finds its tests and passes', async () => {
  const { code, err, out } = await runCommand({ ...files, 'sub/a.routes.ts': tests('api') }, [
    'test',
    '-c',
    'envoy3.config.ts',
  ]);
  assert.equal([code, out, err], [0, '1 passed, 0 failed\n', '']);
});

test('a failure has its place and the trace', async () => {
  const { code, out } = await runCommand({ ...files, 'a.routes.ts': tests('web'), 'b.routes.yaml': yaml }, [
    'test',
  ]);
  assert.is(code, 1);
  assert.match(out, 'at a.routes.ts:3:');
  assert.match(out, 'at b.routes.yaml:2:5');
  assert.match(out, 'cluster: expected "web", got "api"');
  assert.match(out, 'routes[0] (prefix "/api" -> api) took it');
  assert.match(out, '0 passed, 2 failed');
});

test('coverage, and what it must be', async () => {
  const all = { ...files, 'a.routes.ts': tests('api') };
  const enough = await runCommand(all, ['test', '--coverage', '--fail-under', '50']);
  assert.is(enough.code, 0);
  assert.match(enough.out, '50.0 % (1 of 2 routes)');
  assert.match(enough.out, "no test: virtual host 'all': routes[1]");
  assert.is((await runCommand(all, ['test', '--fail-under', '51'])).code, 1);
  assert.is((await runCommand(all, ['test', '--fail-under', 'x'])).code, 2);
});

test('json and junit', async () => {
  const all = { ...files, 'a.routes.ts': tests('web') };
  const json = JSON.parse((await runCommand(all, ['test', '--format', 'json'])).out);
  assert.is(json.version, 1);
  const [one] = json.configurations[0].tests;
  assert.equal([one.passed, one.mismatches[0].field, one.outcome.cluster], [false, 'cluster', 'api']);
  const junit = await runCommand(all, ['test', '--format', 'junit']);
  assert.match(junit.out, '<testsuite name="envoy3 test" tests="1" failures="1">');
  assert.match(junit.out, '&#34;web&#34;');
});

test('a route configuration alone with a file of router_check_tool', async () => {
  const routes =
    'virtual_hosts:\n  - name: v\n    domains: ["*"]\n    routes:\n      - match: { prefix: / }\n        route: { cluster: c }\n';
  const golden =
    '[{"test_name": "t", "input": {":authority": "a", ":path": "/"}, "validate": {"cluster_name": "c"}}]';
  const { code, err } = await runCommand({ 'routes.yaml': routes, 'golden.json': golden }, [
    'test',
    '-c',
    'routes.yaml',
    'golden.json',
  ]);
  assert.equal([code, err], [0, '']);
});

test('bad input: tests, configuration, files, Envoy', async () => {
  const wrong = await runCommand(
    { ...files, 'a.routes.yaml': 'tests:\n  - request: /x\n    expect: { cluster: a }\n' },
    ['test'],
  );
  assert.is(wrong.code, 1);
  assert.match(wrong.err, 'a.routes.yaml:2:5');
  const typed = await runCommand({ ...files, 'a.routes.ts': tests('web').replace('cluster', 'clutser') }, [
    'test',
  ]);
  assert.is(typed.code, 1);
  assert.match(typed.err, 'clutser');
  const broken = await runCommand(
    { 'envoy3.config.ts': 'export default { nope: 1 };', 'a.routes.ts': tests('a') },
    ['test'],
  );
  assert.is(broken.code, 1);
  assert.match(broken.err, 'E1002');
  assert.is((await runCommand(files, ['test'])).code, 2);
  assert.is((await runCommand(files, ['test', 'none.yaml'])).code, 2);
  assert.is((await runCommand({ 'a.routes.ts': tests('a') }, ['test'])).code, 2);
  const noEnvoy = await runCommand(
    { ...files, 'a.routes.ts': tests('api') },
    ['test', '--against', 'envoy'],
    {
      env: { ENVOY_BIN: '/none/envoy' },
    },
  );
  assert.is(noEnvoy.code, 2);
  assert.match(noEnvoy.err, 'real Envoy did not start');
});

test('route: what serves a URL', async () => {
  const { code, out } = await runCommand(files, ['route', 'http://a:8080/api/x']);
  assert.is(code, 0);
  assert.match(out, /listener +http_8080\n/);
  assert.match(out, /cluster +api\n/);
  assert.match(out, /timeout +15s\n/);
  const traced = await runCommand(files, [
    'route',
    'POST',
    'http://a/',
    '-H',
    'x-a: b',
    '-H',
    'host: c',
    '--trace',
  ]);
  assert.match(traced.out, 'lost because path "/" does not begin with "/api"');
  const json = JSON.parse((await runCommand(files, ['route', 'http://a/', '--format', 'json'])).out);
  assert.is(json.cluster, 'web');
});

test('route: no answer, wrong use', async () => {
  const none = await runCommand({ 'a.yaml': 'static_resources: {}' }, ['route', 'http://a/', '-c', 'a.yaml']);
  assert.is(none.code, 1);
  assert.match(none.out, 'no static listener for HTTP');
  assert.is((await runCommand(files, ['route'])).code, 2);
  assert.is((await runCommand(files, ['route', '/a'])).code, 2);
  assert.is((await runCommand(files, ['route', 'http://a/', '-H', 'x'])).code, 2);
});

test.run();
