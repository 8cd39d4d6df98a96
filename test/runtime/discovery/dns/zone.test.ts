/** What only a whole state has: nodes, meta data, prepared queries, TTLs, a second domain. Decoded by another's codec. */
import { createRequire } from 'node:module';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createCatalog } from '../../../../runtime/discovery/catalog/create-catalog.js';
import { catalogDirectory } from '../../../../runtime/discovery/catalog-directory.js';
import { readService } from '../../../../runtime/discovery/definition/service-definition.js';
import type { DnsOptions } from '../../../../runtime/discovery/dns/dns-config.js';
import { dnsConfig, serviceTtlOf } from '../../../../runtime/discovery/dns/dns-config.js';
import { createResponder } from '../../../../runtime/discovery/dns/reply.js';
import { createZone } from '../../../../runtime/discovery/dns/zone.js';
import { State } from '../../../../runtime/discovery/state/state.js';
import { encodeMessage } from '../../../../runtime/network/dns/encode.js';
import type { RecordTypeName } from '../../../../runtime/network/dns/message.js';
import { message } from '../../../../runtime/network/dns/message.js';
import { FakeClock } from '../../../support/fake-clock.js';

interface DecodedReply {
  readonly answers?: readonly { readonly type: string }[];
  readonly authorities?: readonly unknown[];
  readonly additionals?: readonly unknown[];
}

/** It comes without types. */
const { decode } = createRequire(import.meta.url)('dns-packet') as { decode(octets: Buffer): DecodedReply };

function rig(options: DnsOptions = {}) {
  const meta = { rack: 'r1', 'rfc1035-note': 'as it is' };
  const node = {
    id: '11111111-2222-3333-4444-555555555555',
    name: 'n1',
    address: '127.0.0.1',
    datacenter: 'dc1',
    meta,
  };
  const catalog = createCatalog({ node });
  const state = new State({ catalog, clock: new FakeClock() });
  const config = dnsConfig(options);
  const responder = createResponder({
    zone: createZone({
      directory: catalogDirectory(catalog, state.queries, () => config.onlyPassing),
      config,
      wallTime: () => 0,
    }),
    random: () => 0,
  });
  const ask = (name: string, type: RecordTypeName = 'A') => {
    const query = message({ id: 1, questions: [{ name, type, class: 1 }] });
    return decode(responder.reply(encodeMessage(query), 'tcp') as Buffer);
  };
  return { state, ask };
}

// biome-ignore lint/suspicious/noExplicitAny: the other codec's records have a shape for each type.
function words(records: readonly any[] | undefined): string[] {
  return (records ?? [])
    .map(
      ({ name, type, ttl, data }) =>
        `${name} ${ttl} ${type} ${type === 'TXT' ? data.map(String).join('|') : JSON.stringify(data)}`,
    )
    .sort();
}

test('nodes: addresses with their meta data, by name and id', () => {
  const { ask, state } = rig({ nodeTtl: 30 });
  const texts = ['n1.node.consul 30 TXT as it is', 'n1.node.consul 30 TXT rack=r1'];
  const reply = ask('n1.node.consul');
  assert.equal(words(reply.answers), ['n1.node.consul 30 A "127.0.0.1"']);
  assert.equal(words(reply.additionals), texts);
  assert.equal(words(ask('n1.node.consul', 'TXT').answers), texts);
  assert.is(ask('11111111-2222-3333-4444-555555555555.node.consul').answers?.length, 1);
  state.catalog.putNode({
    id: '',
    name: 'e.x',
    address: 'ext.example.org',
    taggedAddresses: null,
    meta: null,
  });
  assert.equal(words(ask('e.x.node.consul').answers), ['e.x.node.consul 30 CNAME "ext.example.org"']);
  state.catalog.putNode({
    id: '',
    name: 'six',
    address: 'fd00::1',
    taggedAddresses: { lan_ipv4: '10.0.0.9' },
    meta: null,
  });
  assert.equal(words(ask('six.node.consul').answers), ['six.node.consul 30 A "10.0.0.9"']);
});

test('services of other nodes, and those in maintenance', () => {
  const { ask, state } = rig();
  state.execute({
    op: 'catalog-register',
    nodeName: 'ext',
    node: { id: '', name: 'ext', address: '10.9.9.9', taggedAddresses: null, meta: { os: 'linux' } },
    service: { ...readService({ Name: 'db', Port: 5432 }).service },
    checks: [],
  });
  const srv = ask('db.service.consul', 'SRV');
  assert.match(words(srv.answers)[0] ?? '', /"port":5432,"target":"ext\.node\.dc1\.consul"/);
  assert.equal(words(srv.additionals), [
    'ext.node.dc1.consul 0 A "10.9.9.9"',
    'ext.node.dc1.consul 0 TXT os=linux',
  ]);
  state.agent.registerService(readService({ Name: 'web' }), 'api');
  assert.is(ask('web.service.consul').answers?.length, 1);
  state.agent.maintainNode(true, '');
  assert.is(ask('web.service.consul').answers?.length, 0);
  assert.is(ask('db.service.consul').answers?.length, 1);
});

test('prepared queries and templates', () => {
  const { ask, state } = rig({ serviceTtl: { web: 9 } });
  for (const [id, tag] of [
    ['a', 'blue'],
    ['b', 'green'],
  ]) {
    state.agent.registerService(
      readService({ ID: id, Name: 'web', Address: `10.0.0.${id === 'a' ? 1 : 2}`, Tags: [tag] }),
      'api',
    );
  }
  const base = { session: '', token: '', onlyPassing: false, near: '', nodeMeta: {}, serviceMeta: {} };
  const plain = { type: '', regexp: '', removeEmptyTags: false };
  state.queries.put({
    ...base,
    id: '1',
    name: 'q',
    template: plain,
    service: 'web',
    tags: ['!blue'],
    dnsTtl: '11s',
  });
  const template = { type: 'name_prefix_match', regexp: '^geo-(.*)$', removeEmptyTags: true };
  state.queries.put({
    ...base,
    id: '2',
    name: 'geo-',
    template,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how templates are written.
    service: '${match(1)}',
    tags: [],
    dnsTtl: '',
  });
  assert.equal(words(ask('q.query.consul').answers), ['q.query.consul 11 A "10.0.0.2"']);
  assert.is(ask('geo-web.query.consul').answers?.length, 2);
  assert.is(ask('geo-web.query.consul').answers?.[0]?.type, 'A');
  assert.equal(words(ask('geo-web.query.consul').answers)[0], 'geo-web.query.consul 9 A "10.0.0.1"');
  assert.is(ask('nobody.query.consul').answers?.length, 0);
});

test('a second domain is answered below itself', () => {
  const { ask, state } = rig({ altDomain: 'Mesh.Internal.' });
  state.agent.registerService(readService({ Name: 'web', Address: '10.0.0.1' }), 'api');
  const srv = ask('web.service.mesh.internal', 'SRV');
  assert.match(words(srv.answers)[0] ?? '', /0a000001\.addr\.dc1\.mesh\.internal/);
  assert.is(ask('web.service.consul').answers?.length, 1);
  assert.match(words(ask('x.mesh.internal').authorities)[0] ?? '', /^mesh\.internal 0 SOA/);
});

test('limits and TTLs', () => {
  const { ask, state } = rig({ aRecordLimit: 2, soa: { minTtl: 44 } });
  for (const n of [1, 2, 3]) {
    state.agent.registerService(
      readService({ ID: `${n}`, Name: 'web', Address: `10.0.0.${n}`, Port: n }),
      'api',
    );
  }
  assert.is(ask('web.service.consul').answers?.length, 2);
  assert.is(ask('web.service.consul', 'SRV').answers?.length, 3);
  assert.match(words(ask('nobody.service.consul').authorities)[0] ?? '', /^consul 44 SOA/);
  const serviceTtl = { '*': 10, web: 5, 'pre*': 7, 'pre-a*': 8 };
  assert.equal(
    ['web', 'webs', 'pre', 'pre-b', 'pre-alpha', 'constructor'].map((name) =>
      serviceTtlOf({ serviceTtl }, name),
    ),
    [5, 10, 7, 7, 8, 10],
  );
  assert.throws(() => dnsConfig({ domain: 'no domain' }), /is no domain/);
});

test.run();
