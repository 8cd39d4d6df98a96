/**
 * Listeners, clusters, routes and hosts from files on real Envoy and on the bundled runtime: the same bootstrap, the same
 * files, the same changes one after the other. After each change answers, counters of the subscriptions, `/clusters`,
 * `/listeners` and `/config_dump` must be equal.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, stop, waitForPort } from '../bench/processes.js';
import { takePorts } from '../support/port-block.js';

interface Context {
  readonly envoyBin: string;
  readonly root: string;
}

type Engine = 'envoy' | 'envoy3';

interface Places {
  readonly web: number;
  readonly second: number;
  readonly admin: number;
  readonly hosts: readonly number[];
  path(name: string): string;
}

interface Change {
  readonly name: string;
  readonly file: 'lds' | 'cds' | 'rds' | 'eds';
  /** What differs on purpose (docs/differences.md): a part, or names of statistics. */
  readonly differs?: RegExp;
  text(places: Places): string;
}

const type = (name: string): string => `type.googleapis.com/${name}`;
const resources = (message: string, version: string, all: readonly object[]): string =>
  JSON.stringify({
    version_info: version,
    resources: all.map((one) => ({ '@type': type(message), ...one })),
  });
const clusters = (version: string, ...all: object[]) =>
  resources('envoy.config.cluster.v3.Cluster', version, all);
const listeners = (version: string, ...all: object[]) =>
  resources('envoy.config.listener.v3.Listener', version, all);
const tables = (version: string, ...all: object[]) =>
  resources('envoy.config.route.v3.RouteConfiguration', version, all);
const assignments = (version: string, ...all: object[]) =>
  resources('envoy.config.endpoint.v3.ClusterLoadAssignment', version, all);

const source = (path: string) => ({ path_config_source: { path }, resource_api_version: 'V3' });

const hosts = (cluster_name: string, ...ports: readonly (number | undefined)[]) => ({
  cluster_name,
  endpoints: [
    {
      lb_endpoints: ports.map((port_value) => ({
        endpoint: { address: { socket_address: { address: '127.0.0.1', port_value } } },
      })),
    },
  ],
});
const table = (name: string, ...routes: object[]) => ({
  name,
  virtual_hosts: [{ name: 'all', domains: ['*'], routes }],
});
const say = (text: string, prefix = '/') => ({
  match: { prefix },
  direct_response: { status: 200, body: { inline_string: text } },
});
const send = (cluster: string, prefix = '/') => ({ match: { prefix }, route: { cluster } });

const listener = (name: string, port: number, manager: object) => ({
  name,
  address: { socket_address: { address: '127.0.0.1', port_value: port } },
  filter_chains: [
    {
      filters: [
        {
          name: 'http',
          typed_config: {
            '@type': type(
              'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
            ),
            stat_prefix: name,
            http_filters: [
              {
                name: 'router',
                typed_config: { '@type': type('envoy.extensions.filters.http.router.v3.Router') },
              },
            ],
            ...manager,
          },
        },
      ],
    },
  ],
});

const rds = ({ path }: Places) => ({ rds: { route_config_name: 'r', config_source: source(path('rds')) } });
const eds = ({ path }: Places, more: object = {}) => ({
  name: 'users',
  type: 'EDS',
  connect_timeout: '1s',
  eds_cluster_config: { eds_config: source(path('eds')) },
  ...more,
});
const fixed = (name: string, port: number | undefined) => ({
  name,
  type: 'STATIC',
  connect_timeout: '1s',
  load_assignment: hosts(name, port),
});
const plain = table(
  'r',
  say('hello', '/hello'),
  send('fixed', '/fixed'),
  send('later', '/later'),
  send('users'),
);

const second = (places: Places) =>
  listener('second', places.second, { route_config: table('own', say('second')) });

const first: readonly Change[] = [
  { name: 'hosts', file: 'eds', text: ({ hosts: [one] }) => assignments('e1', hosts('users', one)) },
  { name: 'routes', file: 'rds', text: () => tables('r1', plain) },
  { name: 'clusters', file: 'cds', text: (places) => clusters('c1', eds(places)) },
  {
    name: 'listeners',
    file: 'lds',
    text: (places) => listeners('l1', listener('web', places.web, rds(places))),
  },
];

const changes: readonly Change[] = [
  { name: 'another host', file: 'eds', text: ({ hosts: [, two] }) => assignments('e2', hosts('users', two)) },
  {
    name: 'two hosts',
    file: 'eds',
    text: ({ hosts: [one, two] }) => assignments('e3', hosts('users', one, two)),
  },
  { name: 'no YAML', file: 'eds', text: () => 'resources: [' },
  {
    name: 'hosts of another cluster',
    file: 'eds',
    text: ({ hosts: [one] }) => assignments('e4', hosts('other', one)),
  },
  {
    name: 'two assignments',
    file: 'eds',
    text: ({ hosts: [one] }) => assignments('e4', hosts('users', one), hosts('other', one)),
  },
  {
    name: 'a host by name',
    file: 'eds',
    text: ({ hosts: [one] }) => assignments('e4', hosts('users', one)).replace('127.0.0.1', 'localhost'),
  },
  { name: 'a resource of another kind', file: 'eds', text: () => tables('e4', plain) },
  { name: 'no assignment', file: 'eds', text: () => assignments('e5') },
  {
    name: 'an assignment without hosts',
    file: 'eds',
    text: () => assignments('e6', { cluster_name: 'users' }),
  },
  {
    name: 'a host that is unhealthy',
    file: 'eds',
    text({ hosts: [one, two] }) {
      const assignment = hosts('users', one, two);
      Object.assign(assignment.endpoints[0]?.lb_endpoints[0] as object, { health_status: 'UNHEALTHY' });
      return assignments('e7', assignment);
    },
  },
  {
    name: 'two localities of other priorities',
    file: 'eds',
    text: ({ hosts: [one, two] }) =>
      assignments('e8', {
        cluster_name: 'users',
        endpoints: [one, two].map((port, priority) => ({
          ...hosts('users', port).endpoints[0],
          priority,
          locality: { zone: `z${priority}` },
        })),
      }),
  },
  {
    name: 'a weight that is none',
    file: 'eds',
    text: ({ hosts: [one] }) =>
      assignments('e9', {
        cluster_name: 'users',
        endpoints: [
          {
            lb_endpoints: [
              { ...hosts('users', one).endpoints[0]?.lb_endpoints[0], load_balancing_weight: 0 },
            ],
          },
        ],
      }),
  },
  {
    name: 'back to one host',
    file: 'eds',
    text: ({ hosts: [one] }) => assignments('e10', hosts('users', one)),
  },
  {
    name: 'another answer',
    file: 'rds',
    text: () => tables('r2', table('r', say('good day', '/hello'), send('users'))),
  },
  {
    name: 'a bad domain',
    file: 'rds',
    text: () => tables('r3', { name: 'r', virtual_hosts: [{ name: 'a', domains: [] }] }),
  },
  {
    name: 'a domain twice',
    file: 'rds',
    text: () =>
      tables('r3', { name: 'r', virtual_hosts: ['a', 'b'].map((name) => ({ name, domains: ['x'] })) }),
  },
  { name: 'another name', file: 'rds', text: () => tables('r3', table('q', say('q'))) },
  { name: 'two tables', file: 'rds', text: () => tables('r3', plain, table('q', say('q'))) },
  { name: 'no table', file: 'rds', text: () => tables('r4') },
  {
    name: 'a regular expression that is none',
    file: 'rds',
    text: () =>
      tables('r5', table('r', { match: { safe_regex: { regex: '(' } }, direct_response: { status: 200 } })),
  },
  { name: 'routes as before', file: 'rds', text: () => tables('r6', plain) },
  {
    name: 'one more cluster',
    file: 'cds',
    text: (places) => clusters('c2', eds(places), fixed('later', places.hosts[1])),
  },
  {
    name: 'the name of a static one',
    file: 'cds',
    text: (places) => clusters('c4', eds(places), fixed('fixed', places.hosts[1])),
  },
  {
    name: 'another setting',
    file: 'cds',
    differs: /membership_change/,
    text: (places) =>
      clusters('c5', eds(places, { circuit_breakers: { thresholds: [{ max_requests: 7 }] } })),
  },
  {
    name: 'a service name',
    file: 'cds',
    differs: /membership_change/,
    text: (places) =>
      clusters(
        'c6',
        eds(places, {
          eds_cluster_config: { eds_config: source(places.path('eds')), service_name: 'users' },
        }),
      ),
  },
  { name: 'no cluster', file: 'cds', text: () => clusters('c7') },
  { name: 'the cluster again', file: 'cds', text: (places) => clusters('c8', eds(places)) },
  {
    name: 'one more listener',
    file: 'lds',
    text: (places) => listeners('l2', listener('web', places.web, rds(places)), second(places)),
  },
  {
    name: 'a bad listener',
    file: 'lds',
    text: (places) =>
      listeners('l3', listener('web', places.web, { ...rds(places), stat_prefix: '' }), second(places)),
  },
  {
    name: 'a listener with an unknown cluster',
    file: 'lds',
    text: (places) =>
      listeners(
        'l3',
        listener('web', places.web, { route_config: table('own', send('nowhere')) }),
        second(places),
      ),
  },
  {
    name: 'a changed listener',
    file: 'lds',
    differs: /config_dump/,
    text: (places) =>
      listeners('l4', listener('web', places.web, { ...rds(places), server_name: 'other' }), second(places)),
  },
  {
    name: 'a listener less',
    file: 'lds',
    differs: /config_dump/,
    text: (places) => listeners('l5', listener('web', places.web, { ...rds(places), server_name: 'other' })),
  },
];

/** Envoy takes the good part of these; here all of it is refused, and everything stays. */
const halfGood: Change = {
  name: 'the same name twice',
  file: 'cds',
  text: ({ hosts: [one] }) => clusters('c3', fixed('x', one), fixed('x', one)),
};

/** Counters that both have to have alike, and the texts. */
const compared =
  /^(?:cluster_manager\.(?:cds\.|active_clusters|cluster_(?:added|modified|removed):|warming)|listener_manager\.(?:lds\.|listener_(?:added|modified|removed):|total_listeners_active)|http\.web\.rds\.r\.|cluster\.users\.(?:update_|version_text|membership_|assignment|init_fetch))/;
/** Times, and a number of more bits than we have. */
const varying = /update_time|config_reload_time_ms|update_duration|\.version:/;

async function text(port: number, path: string): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    return `${response.status} ${response.headers.get('server')} ${await response.text()}`;
  } catch (error) {
    return String((error as { cause?: { code?: string } }).cause?.code);
  }
}

const admin = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

async function stats(port: number): Promise<string[]> {
  const lines = (await admin(port, '/stats')).split('\n');
  return lines.filter((line) => compared.test(line) && !varying.test(line)).sort();
}

/** Dynamic parts, without what is not shown here: listeners that drain, errors of before. */
async function dump(port: number): Promise<string[]> {
  const { configs } = JSON.parse(await admin(port, '/config_dump')) as { configs: Record<string, unknown>[] };
  const shown = configs.filter((one) => /Clusters|Listeners|Routes/.test(String(one['@type'])));
  return shown.map((one) => {
    const parts = JSON.parse(JSON.stringify(one), (key, value) =>
      key === 'last_updated' ? undefined : value,
    ) as {
      dynamic_listeners?: { active_state?: unknown; error_state?: unknown }[];
      static_route_configs?: unknown;
    };
    if (parts.dynamic_listeners !== undefined) {
      parts.dynamic_listeners = parts.dynamic_listeners
        .filter(({ active_state }) => active_state !== undefined)
        .map(({ error_state, ...rest }) => rest);
    }
    // Envoy shows the tables of listeners that drain, in no order.
    delete parts.static_route_configs;
    return canonical(parts);
  });
}

/** As JSON with sorted names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

/** Each host of the clusters with its flags and place. */
async function clusterLines(port: number): Promise<string[]> {
  const lines = (await admin(port, '/clusters')).split('\n');
  return lines
    .filter((line) =>
      /::(?:added_via_api|eds_service_name|max_requests|health_flags|weight|zone|priority)::/.test(line),
    )
    .sort();
}

async function listenerLines(port: number): Promise<string[]> {
  return (await admin(port, '/listeners')).split('\n').sort();
}

async function observe(engine: Engine, { envoyBin, root }: Context): Promise<Map<string, string[]>> {
  const folder = mkdtempSync(join(tmpdir(), `envoy3-xds-${engine}-`));
  const backends = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const server = createServer((_request, response) => response.end(name));
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return server;
    }),
  );
  const { ports, release } = await takePorts(['web', 'second', 'admin']);
  const places: Places = {
    web: Number(ports.web),
    second: Number(ports.second),
    admin: Number(ports.admin),
    hosts: backends.map((server) => (server.address() as AddressInfo).port),
    path: (name) => join(folder, `${name}.yaml`),
  };
  const put = ({ file, text: made }: Change): void => {
    const path = places.path(file);
    writeFileSync(`${path}.new`, made(places));
    renameSync(`${path}.new`, path);
  };
  for (const one of first) put(one);
  const bootstrap = {
    node: { id: 'node-id', cluster: 'cluster-name' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: places.admin } } },
    dynamic_resources: { lds_config: source(places.path('lds')), cds_config: source(places.path('cds')) },
    static_resources: { clusters: [fixed('fixed', places.hosts[0])] },
  };
  const config = join(folder, 'bootstrap.json');
  writeFileSync(config, JSON.stringify(bootstrap));
  const flags = ['-c', config, '-l', 'warning'];
  const running =
    engine === 'envoy'
      ? start(engine, envoyBin, [...flags, '--concurrency', '1', '--use-dynamic-base-id'], folder)
      : start(engine, process.execPath, [join(root, 'cli', 'envoy3.mjs'), 'serve', ...flags], folder);
  const attempts = async (): Promise<number> =>
    (await stats(places.admin))
      .filter((line) => line.includes('update_attempt'))
      .reduce((sum, line) => sum + Number(line.split(': ')[1]), 0);
  const names = (all: readonly string[]): string[] =>
    all.map((line) =>
      line
        .replaceAll(String(places.web), 'WEB')
        .replaceAll(String(places.second), 'SECOND')
        .replaceAll(String(places.hosts[0]), 'ONE')
        .replaceAll(String(places.hosts[1]), 'TWO')
        .replaceAll(folder, 'FOLDER'),
    );
  const seen = new Map<string, string[]>();
  try {
    await waitForPort(places.admin, engine);
    await waitForPort(places.web, engine);
    let before = 0;
    for (const change of [undefined, ...changes, ...(engine === 'envoy' ? [] : [halfGood])]) {
      if (change !== undefined) {
        put(change);
        // It has been looked at, and what it changes is in force.
        for (let look = 0; look < 200 && (await attempts()) === before; look++)
          await new Promise((done) => setTimeout(done, 10));
        await new Promise((done) => setTimeout(done, 60));
      }
      before = await attempts();
      const name = change === undefined ? 'at the start' : `${change.file}: ${change.name}`;
      const answers = [];
      for (const path of ['/', '/', '/hello', '/fixed', '/later']) answers.push(await text(places.web, path));
      answers.push(await text(places.second, '/'));
      seen.set(`${name}: answers`, answers.sort());
      seen.set(`${name}: statistics`, names(await stats(places.admin)));
      seen.set(`${name}: /clusters`, names(await clusterLines(places.admin)));
      seen.set(`${name}: /listeners`, names(await listenerLines(places.admin)));
      seen.set(`${name}: /config_dump`, names(await dump(places.admin)));
    }
    return seen;
  } finally {
    await stop(running);
    for (const server of backends) {
      server.closeAllConnections();
      server.close();
    }
    await release();
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function run(context: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  const [real, ours] = await Promise.all([observe('envoy', context), observe('envoy3', context)]);
  for (const [name, all] of real) {
    const differs = changes.find((one) => name.startsWith(`${one.file}: ${one.name}: `))?.differs;
    const isShown = (line: string): boolean => differs?.test(`${name} ${line.split(':')[0]}`) !== true;
    const expected = all.filter(isShown);
    const got = (ours.get(name) ?? []).filter(isShown);
    const lacking = expected.filter((line) => !got.includes(line));
    const odd = got.filter((line) => !expected.includes(line));
    if (lacking.length === 0 && odd.length === 0 && expected.length === got.length) passed++;
    else
      lines.push(
        name,
        ...lacking.map((line) => `    Envoy  ${line}`),
        ...odd.map((line) => `    envoy3 ${line}`),
      );
  }
  // As after the last change, but that one more was tried and refused.
  const last = changes.at(-1) as Change;
  let refused = 0;
  const parts = ['answers', 'statistics', '/clusters', '/listeners', '/config_dump'];
  for (const part of parts) {
    const expected = ours
      .get(`${last.file}: ${last.name}: ${part}`)
      ?.map((line) =>
        line.replace(
          /^(cluster_manager\.cds\.update_(?:attempt|rejected): )(\d+)$/,
          (_all, name, count) => `${name}${Number(count) + 1}`,
        ),
      );
    const got = ours.get(`${halfGood.file}: ${halfGood.name}: ${part}`);
    if (got !== undefined && got.join('\n') === expected?.join('\n')) refused++;
    else lines.push(`refused whole: ${part}: not as before`, ...(got ?? []));
  }
  return {
    passed: passed + refused,
    failed: real.size - passed + parts.length - refused,
    lines,
  };
}
