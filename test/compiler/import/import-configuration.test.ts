/** YAML -> TypeScript: what is written, and that it gives the same again. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importConfiguration } from '../../../compiler/import/import-configuration.js';
import { proveImport } from '../../../compiler/import/prove-import.js';
import { readMessage, readYaml } from '../../../dsl/api/index.js';

function read(yaml: string): unknown {
  const { issues, value } = readMessage('envoy.config.bootstrap.v3.Bootstrap', readYaml(yaml).value);
  assert.equal(issues, []);
  return value;
}

/** The module; it has been compiled and gives the same. */
async function imported(yaml: string): Promise<string> {
  const { errors, plain, text } = await proveImport(read(yaml));
  assert.equal(errors, []);
  assert.is(plain, false);
  return text ?? '';
}

const endpoint = (host: string, port = 80) =>
  `endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: ${host}, port_value: ${port}}}}}]}]`;
const dns = (name: string, more = '') =>
  `{name: ${name}, type: STRICT_DNS, connect_timeout: 1s, dns_lookup_family: V4_ONLY, load_assignment: {cluster_name: ${name}, ${endpoint(`${name}.internal`)}}${more}}`;
const router =
  "{name: envoy.filters.http.router, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}";
const http = (routes: string) => `
      - name: web
        address: {socket_address: {address: 0.0.0.0, port_value: 8080}}
        filter_chains:
          - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: web
                  route_config: {name: web, virtual_hosts: [{name: all, domains: ['*'], routes: [${routes.replace(/\n\s*/g, ' ')}]}]}
                  http_filters: [${router}]`;
const whole = (routes: string, ...clusters: string[]) =>
  `static_resources:\n  listeners:${http(routes)}\n  clusters: [${clusters.join(', ')}]\n`;

test('builders, clusters by value, names from the resources', async () => {
  const text = await imported(
    whole(
      '{match: {prefix: /}, route: {cluster: my-service.v1, timeout: 5s}}',
      dns('my-service.v1', ', lb_policy: LEAST_REQUEST'),
    ),
  );
  assert.match(text, "const myServiceV1 = strictDns('my-service.v1', ['my-service.v1.internal:80'], {");
  assert.match(text, 'loadBalancing: leastRequest()');
  assert.match(text, "route('/', myServiceV1, { timeout: '5s' })");
  assert.match(text, 'httpListener(8080, {');
  assert.not.match(text, 'clusters:');
  assert.match(
    text,
    /^import \{ bootstrap, httpListener, leastRequest, route, strictDns, virtualHost \} from 'envoy3';\n/,
  );
});

test('all kinds of routes', async () => {
  const text = await imported(
    whole(
      `{name: a, match: {path: /a, headers: [{name: x, string_match: {exact: '1'}}]}, route: {weighted_clusters: {clusters: [{name: one, weight: 9}, {name: two, weight: 1}]}, retry_policy: {retry_on: 5xx, num_retries: 2}}},
       {match: {safe_regex: {regex: '/r.*'}}, redirect: {https_redirect: true, response_code: FOUND}},
       {match: {path_separated_prefix: /d}, direct_response: {status: 200, body: {inline_string: hi}}},
       {match: {prefix: /q, query_parameters: [{name: k, present_match: true}]}, route: {cluster: one, priority: HIGH}}`,
      dns('one'),
      dns('two'),
    ),
  );
  assert.match(text, 'weighted([[one, 9], [two, 1]])');
  assert.match(text, "headers: { x: '1' }");
  assert.match(text, "redirect({ regex: '/r.*' }, { https: true, code: 302 })");
  assert.match(text, "directResponse({ pathPrefix: '/d' }, 200, 'hi')");
  assert.match(text, "raw: { query_parameters: [{ name: 'k', present_match: true }] }");
  assert.match(text, "raw: { priority: 'HIGH' }");
});

test('clusters that are alike become calls of one function', async () => {
  const eds = (name: string) =>
    `{name: ${name}, type: EDS, connect_timeout: 2s, eds_cluster_config: {service_name: ${name}.internal, eds_config: {path_config_source: {path: /eds.yaml}}}}`;
  const yaml = whole('{match: {prefix: /}, route: {cluster: b}}', eds('a'), eds('b'), eds('c'));
  const text = await imported(`node: {id: i, cluster: c}\n${yaml}`);
  assert.match(text, 'function similarCluster<const Name extends string>(name: Name, serviceName: string) {');
  assert.match(text, "const b = similarCluster('b', 'b.internal');");
  assert.match(text, 'clusters: [a, b, c]');
});

test('repeated parts get a name', async () => {
  const log = `{name: envoy.access_loggers.file, filter: {status_code_filter: {comparison: {op: GE, value: {default_value: 500, runtime_key: k}}}}, typed_config: {'@type': type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: /dev/stdout}}`;
  const manager = (prefix: string) =>
    `{filters: [{name: envoy.filters.network.tcp_proxy, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: ${prefix}, cluster: a, access_log: [${log}]}}]}`;
  const listener = (port: number) =>
    `{name: l${port}, address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}, filter_chains: [${manager(`p${port}`)}]}`;
  const text = await imported(
    `static_resources: {listeners: [${listener(1)}, ${listener(2)}], clusters: [${dns('a')}]}`,
  );
  assert.match(text, 'const file: AccessLog = {');
  assert.match(text, 'accessLog: [file]');
  assert.match(text, "import type { AccessLog } from 'envoy3';");
});

test('odd texts, names that are taken, and what bootstrap() does not make', async () => {
  const text = await imported(
    `node: {id: "it's \\\\ \${x} \\n two", cluster: c, metadata: {'__proto__': 1, 'a-b': [null, true]}}
static_resources:
  listeners: []
  clusters: [${dns('route')}, ${dns('default')}, ${dns('1st')}]
  secrets: [{name: s, generic_secret: {secret: {inline_string: x}}}]
`,
  );
  assert.match(text, 'export default defineBootstrap({');
  assert.match(text, 'const routeCluster = ');
  assert.match(text, 'const defaultCluster = ');
  assert.match(text, 'const n1st = ');
  assert.match(text, "['__proto__']: 1");
});

test('a route to a cluster that comes over xDS stays as it is', async () => {
  const text = await imported(
    `node: {id: i, cluster: c}\ndynamic_resources: {cds_config: {path_config_source: {path: /tmp/cds.yaml}}}\nstatic_resources:\n  listeners:${http('{match: {prefix: /}, route: {cluster: far}}').replace('route_config: {name: web,', 'route_config: {name: web, validate_clusters: false,')}\n`,
  );
  assert.match(text, "route: { cluster: 'far' }");
});

test('the plain form, and the empty configuration', async () => {
  const value = read(whole('{match: {prefix: /}, route: {cluster: a}}', dns('a')));
  const plain = importConfiguration(value, { plain: true });
  assert.match(plain, /^import \{ defineBootstrap \} from 'envoy3';/);
  assert.not.match(plain, 'strictDns');
  assert.match(await imported('{}'), 'defineBootstrap({})');
});

test('a configuration that Envoy refuses cannot be proven', async () => {
  const { errors, text } = await proveImport(read(whole('{match: {prefix: /}, route: {cluster: nowhere}}')));
  assert.is(text, undefined);
  assert.match(errors.map(({ message }) => message).join(), 'nowhere');
});

test.run();
