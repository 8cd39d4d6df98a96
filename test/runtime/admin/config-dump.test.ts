import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConfigurationInForce } from '../../../runtime/admin/admin-host.js';
import { startAdmin } from './fake-host.js';

const type = (name: string): string => `type.googleapis.com/${name}`;
const hcm = type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager');
const certificate = {
  certificate_chain: { filename: '/c.pem' },
  private_key: { inline_string: 'TOP SECRET' },
  password: { inline_bytes: 'VE9QIFNFQ1JFVA==' },
};

const bootstrap = {
  static_resources: {
    listeners: [
      {
        name: 'http',
        filter_chains: [
          {
            filters: [{ name: 'hcm', typed_config: { '@type': hcm, route_config: { name: 'r' } } }],
            transport_socket: {
              typed_config: {
                '@type': type('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'),
                common_tls_context: { tls_certificates: [certificate] },
              },
            },
          },
        ],
      },
    ],
    clusters: [{ name: 'web' }, { name: 'db' }],
    secrets: [
      { name: 's', generic_secret: { secret: { inline_string: 'TOP SECRET' } } },
      { name: 't', session_ticket_keys: { keys: [{ inline_string: 'TOP SECRET' }] } },
    ],
  },
};

const configuration = (): ConfigurationInForce => ({
  bootstrap: bootstrap as unknown as ConfigurationInForce['bootstrap'],
  lastUpdatedMs: Date.UTC(2026, 0, 31, 12),
});

test('the dump has its sections in order and no secret', async () => {
  const { server, get } = await startAdmin({ configuration });
  const { body } = await get('/config_dump');
  assert.not.match(body, 'TOP SECRET');
  assert.not.match(body, 'VE9QIFNFQ1JFVA==');
  const { configs } = JSON.parse(body);
  assert.equal(
    configs.map((one: { '@type': string }) =>
      one['@type'].replace('type.googleapis.com/envoy.admin.v3.', ''),
    ),
    [
      'BootstrapConfigDump',
      'ClustersConfigDump',
      'ListenersConfigDump',
      'ScopedRoutesConfigDump',
      'RoutesConfigDump',
      'SecretsConfigDump',
    ],
  );
  const [first, clusters, listeners, , routes, secrets] = configs;
  assert.is(first.last_updated, '2026-01-31T12:00:00.000Z');
  assert.equal(clusters.static_clusters[0], {
    cluster: { '@type': type('envoy.config.cluster.v3.Cluster'), name: 'db' },
    last_updated: '2026-01-31T12:00:00.000Z',
  });
  const tls = listeners.static_listeners[0].listener.filter_chains[0].transport_socket.typed_config;
  assert.equal(tls.common_tls_context.tls_certificates[0], {
    certificate_chain: { filename: '/c.pem' },
    private_key: { inline_string: '[redacted]' },
    password: { inline_bytes: 'W3JlZGFjdGVkXQ==' },
  });
  assert.equal(routes.static_route_configs[0].route_config, {
    '@type': type('envoy.config.route.v3.RouteConfiguration'),
    name: 'r',
  });
  assert.is(secrets.static_secrets[0].secret.generic_secret.secret.inline_string, '[redacted]');
  await server.close();
});

test('parts of the dump', async () => {
  const { server, get } = await startAdmin({ configuration });
  assert.equal(
    JSON.parse((await get('/config_dump?resource=static_clusters&name_regex=w.*&mask=cluster.name')).body),
    {
      configs: [
        {
          '@type': type('envoy.admin.v3.ClustersConfigDump.StaticCluster'),
          cluster: { '@type': type('envoy.config.cluster.v3.Cluster'), name: 'web' },
        },
      ],
    },
  );
  assert.is((await get('/config_dump?resource=dynamic_listeners')).body, '{}\n');
  const unknown = await get('/config_dump?resource=bad');
  assert.is(unknown.status, 404);
  assert.is(unknown.headers['content-type'], 'text/plain');
  assert.is(unknown.body, 'bad not found in config dump');
  await server.close();
});

test('a mask keeps the sections that have all of its fields', async () => {
  const { server, get } = await startAdmin({ configuration });
  const masked = async (mask: string) => JSON.parse((await get(`/config_dump?mask=${mask}`)).body).configs;
  assert.equal(await masked('bootstrap.static_resources.clusters'), [
    {
      '@type': type('envoy.admin.v3.BootstrapConfigDump'),
      bootstrap: { static_resources: { clusters: [{ name: 'web' }, { name: 'db' }] } },
    },
  ]);
  assert.equal(
    (await masked('static_clusters')).map((one: object) => Object.keys(one)),
    [['@type', 'static_clusters']],
  );
  // As in Envoy, an empty mask is none.
  assert.is((await masked('')).length, 6);
  await server.close();
});

test('mistakes are answered as Envoy answers them', async () => {
  const { server, get } = await startAdmin({ configuration });
  const cases: readonly (readonly [string, number, string])[] = [
    ['resource=bad', 404, 'bad not found in config dump'],
    [
      'resource=bootstrap',
      400,
      'bootstrap is not a repeated field. Use ?mask=bootstrap to get only this field',
    ],
    [
      'resource=static_clusters&mask=nope.x',
      400,
      'FieldMask paths: "nope.x" could not be successfully used.',
    ],
    [
      'resource=static_clusters&mask=cluster.nope',
      400,
      'FieldMask paths: "cluster.nope" could not be successfully used.',
    ],
    ['mask=nope', 400, 'FieldMask nope could not be successfully applied to any configs.'],
    [
      'mask=static_clusters.cluster.name',
      400,
      'FieldMask static_clusters.cluster.name could not be successfully applied to any configs.',
    ],
    ['name_regex=[', 400, 'INVALID_ARGUMENT: Error while parsing name_regex from [: missing ]: ['],
    ['include_eds', 501, 'include_eds needs real Envoy'],
  ];
  for (const [query, status, body] of cases) {
    const answer = await get(`/config_dump?${query}`);
    assert.is(answer.status, status, query);
    assert.is(answer.body, body);
    assert.is(answer.headers['content-type'], 'text/plain', query);
  }
  await server.close();
});

test('before the first configuration there is an empty dump', async () => {
  const { server, get } = await startAdmin();
  assert.is((await get('/config_dump')).status, 200);
  await server.close();
});

test.run();
