/** Listeners, clusters, routes and hosts that come from files, and change with them. */
import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunningProxy } from '../support/serve.js';
import { inTemporaryFolder, startProxy } from '../support/serve.js';
import { get, openConnection } from '../support/http-connection.js';

const type = (name: string): string => `type.googleapis.com/${name}`;
const hcm = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const router = 'envoy.extensions.filters.http.router.v3.Router';

const source = (path: string) => ({ path_config_source: { path }, resource_api_version: 'V3' });

/** A file of resources of one kind. */
const resources = (message: string, version: string, ...all: object[]): string =>
  JSON.stringify({
    version_info: version,
    resources: all.map((one) => ({ '@type': type(message), ...one })),
  });

const clustersOf = (version: string, ...all: object[]) =>
  resources('envoy.config.cluster.v3.Cluster', version, ...all);
const listenersOf = (version: string, ...all: object[]) =>
  resources('envoy.config.listener.v3.Listener', version, ...all);
const routesOf = (version: string, ...all: object[]) =>
  resources('envoy.config.route.v3.RouteConfiguration', version, ...all);
const hostsOf = (version: string, ...all: object[]) =>
  resources('envoy.config.endpoint.v3.ClusterLoadAssignment', version, ...all);

const hosts = (cluster_name: string, ...ports: number[]) => ({
  cluster_name,
  endpoints: [
    {
      lb_endpoints: ports.map((port_value) => ({
        endpoint: { address: { socket_address: { address: '127.0.0.1', port_value } } },
      })),
    },
  ],
});

const routes = (name: string, ...list: object[]) => ({
  name,
  virtual_hosts: [{ name: 'all', domains: ['*'], routes: list }],
});

const say = (text: string, prefix = '/') => ({
  match: { prefix },
  direct_response: { status: 200, body: { inline_string: text } },
});
const send = (cluster: string, prefix = '/') => ({ match: { prefix }, route: { cluster } });

const listener = (name: string, manager: object, port = 0) => ({
  name,
  address: { socket_address: { address: '127.0.0.1', port_value: port } },
  filter_chains: [
    {
      filters: [
        {
          name: 'http',
          typed_config: {
            '@type': type(hcm),
            stat_prefix: name,
            http_filters: [{ name: 'router', typed_config: { '@type': type(router) } }],
            ...manager,
          },
        },
      ],
    },
  ],
});

const bootstrap = (rest: object): string =>
  JSON.stringify({
    node: { id: 'node', cluster: 'cluster' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    ...rest,
  });

async function admin(proxy: RunningProxy, path: string): Promise<string> {
  return (await fetch(`http://${proxy.server.adminAddress}${path}`)).text();
}

/** Statistics of that prefix that are not null. */
async function counts(proxy: RunningProxy, prefix: string): Promise<Record<string, string>> {
  const lines = (await admin(proxy, '/stats')).split('\n').filter((line) => line.startsWith(prefix));
  return Object.fromEntries(
    lines
      .map((line) => line.slice(prefix.length).split(': '))
      .filter(([name = '', value]) => value !== '0' && !/time|version$|duration/.test(name)),
  );
}

/** A host that says its name. */
async function host(name: string): Promise<{ port: number; close(): void }> {
  const server = createServer((_request, response) => response.end(name));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** Replaces a file in one step, as who writes such files has to. */
function put(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, `${name}.new`), text);
  renameSync(join(folder, `${name}.new`), join(folder, name));
}

const body = async (port: number, path = '/'): Promise<string> => {
  const { body: text, status } = await get(port, path);
  return `${status} ${text}`;
};

test('all four kinds, each changed by a file of its own', async () => {
  const [one, two] = [await host('one'), await host('two')];
  await inTemporaryFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    const eds = { name: 'users', type: 'EDS', eds_cluster_config: { eds_config: source(at('eds.json')) } };
    const rds = { rds: { route_config_name: 'r', config_source: source(at('rds.json')) } };
    put(folder, 'eds.json', hostsOf('e1', hosts('users', one.port)));
    put(folder, 'rds.json', routesOf('r1', routes('r', say('hello', '/hello'), send('users'))));
    put(folder, 'cds.json', clustersOf('c1', eds));
    put(folder, 'lds.json', listenersOf('l1', listener('web', rds)));
    const proxy = await startProxy({
      configYaml: bootstrap({
        dynamic_resources: { lds_config: source(at('lds.json')), cds_config: source(at('cds.json')) },
      }),
      watch: true,
    });
    const port = proxy.port();
    try {
      const kept = await openConnection(port);
      assert.is(await body(port), '200 one');
      assert.is(await body(port, '/hello'), '200 hello');
      assert.equal(await counts(proxy, 'cluster_manager.cds.'), {
        config_reload: '1',
        update_attempt: '1',
        update_success: '1',
        version_text: '"c1"',
      });

      put(folder, 'eds.json', hostsOf('e2', hosts('users', two.port)));
      await proxy.logged(/resources of '.*eds\.json' are in force/);
      assert.is(await body(port), '200 two');

      put(folder, 'rds.json', routesOf('r2', routes('r', say('good day', '/hello'), send('later'))));
      await proxy.logged(/resources of '.*rds\.json' are in force/);
      assert.is(await body(port, '/hello'), '200 good day');
      // A route may name a cluster that is not there yet.
      assert.is(await body(port), '503 ');

      const later = { name: 'later', type: 'STATIC', load_assignment: hosts('later', one.port) };
      put(folder, 'cds.json', clustersOf('c2', eds, later));
      await proxy.logged(/resources of '.*cds\.json' are in force/);
      assert.is(await body(port), '200 one');
      // A connection from before all of it.
      assert.is((await kept.get('/')).body, 'one');
      kept.close();

      const added = { route_config: routes('own', say('second')) };
      put(folder, 'lds.json', listenersOf('l2', listener('web', rds), listener('second', added)));
      await proxy.logged(/resources of '.*lds\.json' are in force/);
      assert.is(await body(proxy.port(1)), '200 second');
      assert.is(await body(port, '/hello'), '200 good day');

      put(folder, 'lds.json', listenersOf('l3', listener('second', added)));
      await proxy.logged(/listener 'web' removed/);
      assert.equal(await admin(proxy, '/listeners'), `second::127.0.0.1:${proxy.port(0)}\n`);
      assert.equal(await counts(proxy, 'listener_manager.lds.'), {
        update_attempt: '3',
        update_success: '3',
        version_text: '"l3"',
      });
    } finally {
      await proxy.server.shutdown();
      one.close();
      two.close();
    }
  });
});

test('a bad file is refused whole, told with its line, counted, and what was there goes on', async () => {
  const one = await host('one');
  await inTemporaryFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    const rds = { rds: { route_config_name: 'r', config_source: source(at('rds.yaml')) } };
    put(folder, 'rds.yaml', routesOf('1', routes('r', say('first'))));
    const users = {
      name: 'users',
      type: 'EDS',
      eds_cluster_config: { eds_config: source(at('eds.yaml')), service_name: 'service' },
    };
    put(folder, 'eds.yaml', hostsOf('1', hosts('service', one.port)));
    const proxy = await startProxy({
      configYaml: bootstrap({ static_resources: { clusters: [users], listeners: [listener('web', rds)] } }),
      watch: true,
    });
    const taken = await new Promise<NetServer>((done) => {
      const server = createNetServer().listen(0, '127.0.0.1', () => done(server));
    });
    try {
      const port = proxy.port();
      for (const [text, refusal, how] of [
        ['resources: [', /rds\.yaml:\d+:\d+: /, 'failure'],
        ['version_info: [1]', /rds\.yaml:1:\d+: version_info/, 'rejected'],
        [
          routesOf('2', routes('r', say('second'))).replace('virtual_hosts', 'virtual_hostz'),
          /rds\.yaml:1:\d+: resources\[0\]\.virtual_hostz/,
          'rejected',
        ],
        [
          routesOf('2', routes('q', say('second'))),
          /Unexpected RDS configuration \(expecting r\): q/,
          'rejected',
        ],
        [
          routesOf('2', routes('r', say('a')), routes('q', say('b'))),
          /Unexpected RDS resource length: 2/,
          'rejected',
        ],
        [
          routesOf('2', { name: 'r', virtual_hosts: [1, 2].map((n) => ({ name: `${n}`, domains: ['*'] })) }),
          /rds\.yaml:1:\d+: resources\[0\]\.virtual_hosts.*[Oo]nly a single wildcard/,
          'rejected',
        ],
        [clustersOf('2'), /./, 'success'],
      ] as const) {
        const prefix = 'http.web.rds.r.';
        const before = Number((await counts(proxy, prefix))[`update_${how}`] ?? 0);
        put(folder, 'rds.yaml', text);
        if (how !== 'success') await proxy.logged(refusal);
        while (Number((await counts(proxy, prefix))[`update_${how}`] ?? 0) === before)
          await new Promise((done) => setTimeout(done, 5));
        assert.is(await body(port), '200 first');
      }
      assert.equal(await counts(proxy, 'http.web.rds.r.'), {
        config_reload: '1',
        update_attempt: '8',
        update_empty: '1',
        update_failure: '1',
        update_rejected: '5',
        update_success: '2',
        version_text: '"2"',
      });
      put(folder, 'eds.yaml', hostsOf('2', hosts('other', one.port)));
      await proxy.logged(/Unexpected EDS cluster \(expecting service\): other/);
      assert.match(await admin(proxy, '/clusters'), `users::127.0.0.1:${one.port}::health_flags::healthy`);
    } finally {
      taken.close();
      await proxy.server.shutdown();
      one.close();
    }
  });
});

test('a bad file at the start keeps nobody from starting, a missing one does', async () => {
  await inTemporaryFolder(async (folder) => {
    const lds = join(folder, 'lds.yaml');
    const configYaml = bootstrap({
      dynamic_resources: { lds_config: source(lds) },
      static_resources: { listeners: [listener('fixed', { route_config: routes('own', say('fixed')) })] },
    });
    const failure = await startProxy({ configYaml }).then(
      () => '',
      ({ message }: Error) => message,
    );
    assert.match(failure, `paths must refer to an existing path in the system: '${lds}' does not exist`);
    assert.match(failure, /^<yaml>:1:\d+: dynamic_resources\.lds_config\.path_config_source\.path: /);

    const taken = await new Promise<NetServer>((done) => {
      const server = createNetServer().listen(0, '127.0.0.1', () => done(server));
    });
    const { port } = taken.address() as AddressInfo;
    for (const [text, refusal] of [
      ['resources: [', /Filesystem config update failure: .*lds\.yaml:/],
      [
        listenersOf('1', listener('web', { route_config: routes('r', send('nowhere')) })),
        /update rejected: .*lds\.yaml:1:\d+: resources\[0\]\..*unknown cluster 'nowhere'/,
      ],
      [
        listenersOf('1', listener('web', { route_config: routes('r', say('never')) }, port)),
        /update rejected: cannot bind/,
      ],
    ] as const) {
      writeFileSync(lds, text);
      const proxy = await startProxy({ configYaml, watch: true });
      try {
        assert.ok(
          proxy.log.some((line) => refusal.test(line)),
          proxy.log.join('\n'),
        );
        assert.is(await body(proxy.port()), '200 fixed');
        put(folder, 'lds.yaml', listenersOf('2', listener('web', { route_config: routes('r', say('web')) })));
        await proxy.logged(/listener 'web' listens on/);
        assert.is(await body(proxy.port(1)), '200 web');
      } finally {
        await proxy.server.shutdown();
      }
    }
    taken.close();
  });
});

test('a link that moves, as Kubernetes does it', async () => {
  await inTemporaryFolder(async (folder) => {
    const of = (version: string) => {
      mkdirSync(join(folder, version));
      writeFileSync(
        join(folder, version, 'lds.json'),
        listenersOf(
          version,
          listener('web', {
            route_config: routes('r', say(version)),
          }),
        ),
      );
      symlinkSync(version, join(folder, 'next'));
      renameSync(join(folder, 'next'), join(folder, '..data'));
    };
    of('one');
    symlinkSync('..data/lds.json', join(folder, 'lds.json'));
    const path_config_source = { path: join(folder, 'lds.json'), watched_directory: { path: folder } };
    const proxy = await startProxy({
      configYaml: bootstrap({ dynamic_resources: { lds_config: { path_config_source } } }),
      watch: true,
    });
    try {
      assert.is(await body(proxy.port()), '200 one');
      of('two');
      await proxy.logged(/resources of .* are in force/);
      assert.is(await body(proxy.port()), '200 two');
      unlinkSync(join(folder, 'lds.json'));
      assert.is(await body(proxy.port()), '200 two');
    } finally {
      await proxy.server.shutdown();
    }
  });
});

test('what comes from files is shown as such', async () => {
  await inTemporaryFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    const dynamic = { name: 'dynamic', type: 'STATIC', load_assignment: hosts('dynamic', 1) };
    const fixed = { name: 'fixed', type: 'STATIC', load_assignment: hosts('fixed', 1) };
    writeFileSync(at('cds.json'), clustersOf('c1', dynamic, fixed));
    writeFileSync(at('rds.json'), routesOf('r1', routes('r', say('hello'))));
    const rds = { rds: { route_config_name: 'r', config_source: source(at('rds.json')) } };
    writeFileSync(at('lds.json'), listenersOf('l1', listener('web', rds)));
    const proxy = await startProxy({
      configYaml: bootstrap({
        dynamic_resources: { lds_config: source(at('lds.json')), cds_config: source(at('cds.json')) },
        static_resources: { clusters: [fixed] },
      }),
    });
    try {
      const { configs } = JSON.parse(await admin(proxy, '/config_dump')) as {
        configs: Record<string, never>[];
      };
      const section = (name: string) =>
        JSON.parse(
          JSON.stringify(configs.find((one) => String(one['@type']).endsWith(`.${name}`))),
          (key, value) => (key === 'last_updated' ? 'then' : value),
        );
      const clusters = section('ClustersConfigDump');
      assert.is(clusters.version_info, 'c1');
      assert.equal(
        clusters.static_clusters.map(({ cluster }: { cluster: { name: string } }) => cluster.name),
        ['fixed'],
      );
      assert.equal(clusters.dynamic_active_clusters, [
        {
          version_info: 'c1',
          cluster: { '@type': type('envoy.config.cluster.v3.Cluster'), ...dynamic },
          last_updated: 'then',
        },
      ]);
      const listeners = section('ListenersConfigDump');
      assert.is(listeners.version_info, 'l1');
      assert.equal(listeners.dynamic_listeners[0].name, 'web');
      assert.equal(
        listeners.dynamic_listeners[0].active_state.listener.filter_chains[0].filters[0].typed_config.rds,
        rds.rds,
      );
      const [route] = section('RoutesConfigDump').dynamic_route_configs;
      assert.equal(route.route_config.virtual_hosts[0].domains, ['*']);
      assert.is(route.version_info, 'r1');
      assert.ok(section('BootstrapConfigDump').bootstrap.dynamic_resources.lds_config);
      const text = await admin(proxy, '/clusters');
      assert.match(text, 'dynamic::added_via_api::true');
      assert.match(text, 'fixed::added_via_api::false');
      assert.match(
        await admin(proxy, '/stats?type=TextReadouts'),
        'cluster_manager.cds.version_text: "c1"\n',
      );
    } finally {
      await proxy.server.shutdown();
    }
  });
});

test.run();
