/**
 * Random and mutated DNS packets and API bodies. What they find is an exception, a reply that is none, or a state that
 * cannot be.
 */
import { Agent, request as httpRequest } from 'node:http';
import { createCatalog } from '../../runtime/discovery/catalog/create-catalog.js';
import { catalogDirectory } from '../../runtime/discovery/catalog-directory.js';
import { readService } from '../../runtime/discovery/definition/service-definition.js';
import type { DnsOptions } from '../../runtime/discovery/dns/dns-config.js';
import { consulDnsDefaults, dnsConfig } from '../../runtime/discovery/dns/dns-config.js';
import type { Responder } from '../../runtime/discovery/dns/reply.js';
import { createResponder } from '../../runtime/discovery/dns/reply.js';
import { createZone } from '../../runtime/discovery/dns/zone.js';
import { createDiscovery } from '../../runtime/discovery/index.js';
import { State } from '../../runtime/discovery/state/state.js';
import { decodeMessage } from '../../runtime/network/dns/decode.js';
import { encodeMessage } from '../../runtime/network/dns/encode.js';
import type { RecordTypeName } from '../../runtime/network/dns/message.js';
import { message } from '../../runtime/network/dns/message.js';
import { FakeClock } from './fake-clock.js';

/** mulberry32: the same numbers for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const names = [
  'web.service.consul',
  'v1.web.service.dc1.consul',
  '_web._tcp.service.consul',
  'many.service.consul',
  'alias.service.consul',
  'loop.service.consul',
  'n1.node.consul',
  '7f000001.addr.consul',
  'q.query.consul',
  '1.0.0.10.in-addr.arpa',
  'consul',
  'example.com',
  `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.consul`,
  '',
];
const types: readonly RecordTypeName[] = [
  'A',
  'AAAA',
  'SRV',
  'ANY',
  'TXT',
  'SOA',
  'NS',
  'PTR',
  'TYPE252',
  'TYPE65',
];

function responderWith(options: DnsOptions, random: () => number): Responder {
  const clock = new FakeClock();
  const node = {
    id: 'id',
    name: 'n1',
    address: '127.0.0.1',
    datacenter: 'dc1',
    meta: { k: 'v'.repeat(300) },
  };
  const catalog = createCatalog({ node });
  const state = new State({ catalog, clock });
  const put = (definition: object): void => state.agent.registerService(readService(definition), 'api');
  for (const n of [1, 2, 3]) put({ ID: `w${n}`, Name: 'web', Address: `10.0.0.${n}`, Port: n, Tags: ['v1'] });
  for (let n = 0; n < 200; n++) put({ ID: `m${n}`, Name: 'many', Address: `10.1.0.${n}`, Port: n });
  put({ Name: 'alias', Address: 'web.service.consul' });
  put({ Name: 'loop', Address: 'loop.service.consul' });
  state.queries.put({
    id: 'x',
    name: 'q',
    session: '',
    token: '',
    template: { type: '', regexp: '', removeEmptyTags: false },
    service: 'web',
    onlyPassing: false,
    near: '',
    tags: [],
    nodeMeta: {},
    serviceMeta: {},
    dnsTtl: '5s',
  });
  const config = dnsConfig(options);
  const directory = catalogDirectory(catalog, state.queries, () => false);
  return createResponder({ zone: createZone({ directory, config, wallTime: () => 0 }), random });
}

function packet(random: () => number): Buffer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const kind = random();
  if (kind < 0.15)
    return Buffer.from(Array.from({ length: Math.floor(random() * 90) }, () => Math.floor(random() * 256)));
  const octets = encodeMessage(
    message({
      id: Math.floor(random() * 65_536),
      recursionDesired: random() < 0.5,
      questions: [{ name: pick(names), type: pick(types), class: 1 }],
      edns:
        random() < 0.5
          ? undefined
          : {
              udpSize: pick([0, 512, 1232, 4096, 65_535]),
              version: random() < 0.9 ? 0 : 1,
              dnssecOk: random() < 0.5,
              extendedRcode: 0,
              options: random() < 0.7 ? [] : [{ code: 8, data: Buffer.from([0, 1, 24, 0, 10, 0, 0]) }],
            },
    }),
  );
  if (kind < 0.3) return octets;
  const changed = Buffer.from(octets);
  for (let n = Math.floor(random() * 6); n >= 0; n--) {
    changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
  }
  if (kind < 0.8) return changed;
  // Cut, or longer than it says.
  return kind < 0.9
    ? changed.subarray(0, Math.floor(random() * changed.length))
    : Buffer.concat([changed, Buffer.alloc(Math.floor(random() * 40), 0xc0)]);
}

/** @returns what went wrong; empty: nothing */
export function fuzzDns(count: number, seed: number): string[] {
  const random = randomFrom(seed);
  const responders = [responderWith({}, random), responderWith(consulDnsDefaults, random)];
  const found: string[] = [];
  for (let n = 0; n < count && found.length < 5; n++) {
    const octets = packet(random);
    const transport = random() < 0.8 ? 'udp' : 'tcp';
    const strict = random() < 0.2;
    const responder = responders[strict ? 1 : 0] as Responder;
    const fail = (what: string): void =>
      void found.push(`${what}: ${octets.toString('hex')} ${transport} ${strict}`);
    try {
      const reply = responder.reply(octets, transport);
      if (reply === undefined) continue;
      if (reply instanceof Promise) {
        fail('a promise without anybody to ask');
        continue;
      }
      if (reply.readUInt16BE(0) !== octets.readUInt16BE(0)) fail('another id');
      if (reply.length > (transport === 'tcp' ? 65_535 : strict ? 65_507 : 4096))
        fail(`${reply.length} octets`);
      const { response } = decodeMessage(reply);
      if (!response) fail('no response');
    } catch (error) {
      fail((error as Error).stack ?? 'an exception');
    }
  }
  return found;
}

const bodies: readonly (readonly [method: string, path: string, body: unknown])[] = [
  [
    'PUT',
    '/v1/agent/service/register',
    {
      ID: 'a1',
      Name: 'a',
      Tags: ['x'],
      Address: '10.0.0.1',
      Port: 80,
      Meta: { k: 'v' },
      Weights: { Passing: 2, Warning: 1 },
      TaggedAddresses: { lan_ipv4: { Address: '10.0.0.2', Port: 1 } },
      Checks: [{ TTL: '1h' }, { CheckID: 'own', Name: 'n', TTL: '30m', Status: 'passing' }],
    },
  ],
  ['PUT', '/v1/agent/check/register', { Name: 'c', TTL: '1h', ServiceID: 'a1', Notes: 'n' }],
  ['PUT', '/v1/agent/check/update/c', { Status: 'passing', Output: 'o' }],
  [
    'PUT',
    '/v1/catalog/register',
    {
      Node: 'x',
      Address: '10.9.9.9',
      ID: '40e4a748-2192-161a-0510-9bf59fe950b5',
      NodeMeta: { os: 'l' },
      Service: { ID: 's', Service: 'db', Port: 1, Tags: ['m'] },
      Check: { Name: 'c', Status: 'passing', ServiceID: 's' },
    },
  ],
  ['PUT', '/v1/catalog/deregister', { Node: 'x', ServiceID: 's', CheckID: 'c' }],
  ['PUT', '/v1/session/create', { Name: 's', TTL: '15s', Behavior: 'delete', LockDelay: '1s' }],
  [
    'PUT',
    '/v1/txn',
    [
      { KV: { Verb: 'set', Key: 'k', Value: 'dmFs', Flags: 3 } },
      { KV: { Verb: 'cas', Key: 'k', Value: '', Index: 1 } },
      { KV: { Verb: 'get-tree', Key: '' } },
    ],
  ],
  [
    'POST',
    '/v1/query',
    {
      Name: 'q',
      Service: { Service: 'a', OnlyPassing: true, Tags: ['!x'], NodeMeta: { a: 'b' } },
      Template: { Type: 'name_prefix_match', Regexp: '^q(.*)$' },
      DNS: { TTL: '10s' },
    },
  ],
];
const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e21,
  '',
  'x',
  '\u0000',
  '0.0.0.0',
  '10s',
  '__proto__',
  [],
  {},
  [[]],
  { a: { b: 1 } },
  'passing',
];

/** The same value with something changed somewhere. */
function mutated(value: unknown, random: () => number): unknown {
  const any = (): unknown => values[Math.floor(random() * values.length)];
  if (random() < 0.15) return any();
  if (Array.isArray(value)) {
    const list = value.map((item) => (random() < 0.5 ? mutated(item, random) : item));
    return random() < 0.2 ? [...list, ...list] : list;
  }
  if (typeof value !== 'object' || value === null) return random() < 0.3 ? any() : value;
  const entries = Object.entries(value).map(([key, item]) => {
    const name = random() < 0.1 ? key.toLowerCase() : random() < 0.05 ? `${key}x` : key;
    return [name, random() < 0.4 ? mutated(item, random) : item] as const;
  });
  return Object.fromEntries(entries.filter(() => random() > 0.1));
}

const filters = [
  'Service == a',
  'Tags contains "x"',
  'Meta.k is empty',
  'not (Port != 1) and "x" in Tags',
  'ID matches "^a.*"',
];

function mutatedText(text: string, random: () => number): string {
  const octets = Buffer.from(text, 'utf8');
  for (let n = Math.floor(random() * 4); n >= 0 && octets.length > 0; n--) {
    octets[Math.floor(random() * octets.length)] = Math.floor(random() * 128);
  }
  return octets.toString('utf8', 0, random() < 0.3 ? Math.floor(random() * octets.length) : octets.length);
}

/** @returns what went wrong; empty: nothing */
export async function fuzzApi(count: number, seed: number): Promise<string[]> {
  const random = randomFrom(seed);
  const found: string[] = [];
  // Node warns where a value is none for it (timers).
  const warned = (warning: Error): void => void found.push(String(warning));
  process.on('warning', warned);
  const logger = { info() {}, warning() {}, error: (text: string) => void found.push(text) };
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const discovery = await createDiscovery({ httpPort: 0, dnsPort: 0, node: 'n1', logger });
  const send = (method: string, path: string, body: string | undefined): Promise<number> =>
    new Promise((done, fail) => {
      const options = { host: '127.0.0.1', port: discovery.httpPort, method, path, agent };
      const request = httpRequest(options, (response) => {
        response.resume();
        response.on('end', () => done(response.statusCode ?? 0));
      });
      request.on('error', fail);
      request.end(body);
    });
  const one = async (): Promise<void> => {
    if (random() < 0.2) {
      const filter = mutatedText(filters[Math.floor(random() * filters.length)] as string, random);
      await send('GET', `/v1/agent/services?filter=${encodeURIComponent(filter)}`, undefined);
      return;
    }
    const [method, path, body] = bodies[Math.floor(random() * bodies.length)] as (typeof bodies)[number];
    const json = JSON.stringify(mutated(body, random)) ?? '';
    await send(method, path, random() < 0.2 ? mutatedText(json, random) : json);
  };
  try {
    for (let n = 0; n < count && found.length < 5; n += 8) await Promise.all(Array.from({ length: 8 }, one));
    // Whatever was taken must be something that can be kept, and read again.
    const { catalog } = discovery;
    const dump = JSON.parse(JSON.stringify(catalog.dump()));
    const copy = createCatalog({ node: { ...catalog.node } });
    copy.restore(dump);
    if (JSON.stringify(copy.dump()) !== JSON.stringify(catalog.dump()))
      found.push('the catalog cannot be copied');
    for (const path of [
      '/v1/agent/services',
      '/v1/agent/checks',
      '/v1/health/state/any',
      '/v1/catalog/services',
      '/ui/',
    ]) {
      const status = await send('GET', path, undefined);
      if (status !== 200) found.push(`GET ${path}: ${status}`);
    }
  } finally {
    process.off('warning', warned);
    agent.destroy();
    await discovery.close();
  }
  return found;
}
