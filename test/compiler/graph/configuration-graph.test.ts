/** The graph and the page of a configuration. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { documentHtml, documentMarkdown } from '../../../compiler/document/document-configuration.js';
import { configurationGraph } from '../../../compiler/graph/configuration-graph.js';
import { dot, graphJson, mermaid, svg } from '../../../compiler/graph/draw-graph.js';
import { overviewOf } from '../../../compiler/overview/overview.js';

const any = 'type.googleapis.com/envoy.extensions.filters';
const overview = overviewOf({
  node: { id: 'n', cluster: 'c' },
  admin: { address: { socket_address: { address: '127.0.0.1', port_value: 9901 } } },
  static_resources: {
    listeners: [
      {
        name: 'web',
        address: { socket_address: { address: '::', port_value: 80 } },
        filter_chains: [
          {
            filter_chain_match: { server_names: ['a.com'] },
            transport_socket: { name: 'tls' },
            filters: [
              {
                name: 'hcm',
                typed_config: {
                  '@type': `${any}.network.http_connection_manager.v3.HttpConnectionManager`,
                  route_config: {
                    virtual_hosts: [
                      {
                        name: 'v<1>',
                        domains: ['a.com', '*.b|c.com'],
                        routes: [
                          {
                            match: { prefix: '/', headers: [{ name: 'x', string_match: { prefix: 'y' } }] },
                            route: {
                              weighted_clusters: {
                                clusters: [
                                  { name: 'one', weight: 1 },
                                  { name: 'two', weight: 3 },
                                ],
                              },
                            },
                          },
                          { match: { path: '/r' }, redirect: { https_redirect: true } },
                          {
                            match: { safe_regex: { regex: '/"q"' } },
                            route: { cluster: 'gone', timeout: '3s' },
                          },
                        ],
                      },
                    ],
                  },
                  http_filters: [
                    {
                      name: 'authz',
                      typed_config: {
                        '@type': `${any}.http.ext_authz.v3.ExtAuthz`,
                        grpc_service: { envoy_grpc: { cluster_name: 'two' } },
                      },
                    },
                  ],
                },
              },
            ],
          },
          {
            filters: [
              {
                name: 'tcp',
                typed_config: { '@type': `${any}.network.tcp_proxy.v3.TcpProxy`, cluster: 'one' },
              },
            ],
          },
        ],
      },
    ],
    clusters: [
      {
        name: 'one',
        type: 'STRICT_DNS',
        load_assignment: {
          endpoints: [
            {
              lb_endpoints: [{ endpoint: { address: { socket_address: { address: 'h', port_value: 1 } } } }],
            },
          ],
        },
        health_checks: [{ grpc_health_check: {} }],
      },
      { name: 'two', transport_socket: { name: 'tls' } },
    ],
    secrets: [{ name: 's' }],
  },
});

const graph = configurationGraph(overview);

test('nodes and edges', () => {
  const labels = new Map(graph.nodes.map(({ id, label }) => [id, label]));
  assert.equal(
    graph.edges.map(({ from, label, to }) => `${labels.get(from)} -${label}> ${labels.get(to)}`),
    [
      'web [::]:80 -> server name a.com (TLS)',
      'server name a.com (TLS) -> v<1>: a.com, *.b|c.com',
      'v<1>: a.com, *.b|c.com -/ x: y* 25 %> one',
      'v<1>: a.com, *.b|c.com -/ x: y* 75 %> two',
      'v<1>: a.com, *.b|c.com -~ /"q"> gone',
      'server name a.com (TLS) -> two',
      'web [::]:80 -> all connections',
      'all connections -> one',
      'one -> h:1',
    ],
  );
  assert.equal(
    graph.nodes.filter(({ missing }) => missing).map(({ label }) => label),
    ['gone'],
  );
});

test('Mermaid, DOT and JSON, with odd characters', () => {
  const drawn = mermaid(graph);
  assert.match(drawn, /^flowchart LR\n/);
  assert.match(drawn, 'v#60;1#62;: a.com');
  assert.match(drawn, ':::missing');
  assert.match(dot(graph), '[label="~ /\\"q\\""]');
  assert.match(dot(graph), 'style=dashed');
  assert.equal(JSON.parse(graphJson(graph)).nodes.length, graph.nodes.length);
});

test('SVG: well-formed, no two boxes of a column on each other', () => {
  const drawn = svg(graph);
  assert.match(drawn, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
  assert.not.match(drawn, /NaN|undefined|<1>/);
  assert.is(drawn.match(/<rect /g)?.length, graph.nodes.length);
  assert.is(drawn.match(/<path d="M\d+ [\d.]+ C/g)?.length, graph.edges.length);
  const boxes = [...drawn.matchAll(/<rect x="(\d+)" y="(\d+)"/g)].map(
    (match) => [Number(match[1]), Number(match[2])] as const,
  );
  for (const [index, [x, y]] of boxes.entries()) {
    for (const [otherX, otherY] of boxes.slice(index + 1))
      assert.ok(x !== otherX || Math.abs(y - otherY) >= 30);
  }
  assert.match(svg({ nodes: [], edges: [] }), '</svg>');
});

test('the page as Markdown', () => {
  const page = documentMarkdown(overview, 'a_b');
  assert.match(page, /^# a\\_b\n\n1 listener, 2 clusters\.\n/);
  assert.match(page, '| 1 | / | x: y\\* | one (25 %), two (75 %) | 15s |  |');
  assert.match(page, '| 2 | = /r |  | redirect to https |  |  |');
  assert.match(page, '*.b\\|c.com');
  assert.match(page, '| one | STRICT\\_DNS | h:1 | ROUND\\_ROBIN | 5s |  | gRPC |');
  assert.match(page, '## Secrets\n\ns\n');
});

test('the page as HTML, without anything from elsewhere', () => {
  const page = documentHtml(overview, '<t>');
  assert.match(page, '<title>&#60;t&#62;</title>');
  assert.match(page, '<td>one (25 %), two (75 %)</td>');
  assert.not.match(page, /<script|<link|src=|href=/);
  assert.match(documentHtml(overviewOf({}), 'empty'), '<p>None.</p>');
});

test.run();
