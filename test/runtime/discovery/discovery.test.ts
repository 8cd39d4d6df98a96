import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Discovery, DiscoveryOptions } from '../../../runtime/discovery/index.js';
import { createDiscovery } from '../../../runtime/discovery/index.js';
import { createDnsResolver } from '../../../runtime/network/dns/dns-resolver.js';
import { FakeClock } from '../../support/fake-clock.js';

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are what is tested.
  readonly json: any;
}

class Client {
  readonly discovery: Discovery;
  readonly clock: FakeClock;

  constructor(discovery: Discovery, clock: FakeClock) {
    this.discovery = discovery;
    this.clock = clock;
  }

  ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return new Promise((done, fail) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: this.discovery.httpPort, method, path, headers, agent: false },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => {
            const isJson = response.headers['content-type'] === 'application/json';
            done({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: text,
              json: isJson && text !== '' ? JSON.parse(text) : undefined,
            });
          });
        },
      );
      request.on('error', fail);
      request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  async index(path: string): Promise<number> {
    return Number((await this.ask('GET', path)).headers['x-consul-index']);
  }

  async addresses(name: string): Promise<string[]> {
    const servers = [{ ip: '127.0.0.1', port: this.discovery.dnsPort }];
    const resolver = createDnsResolver({ servers, clock: this.clock });
    try {
      return (await resolver.resolve(name, 'v4')).addresses.sort();
    } catch (error) {
      return [(error as { kind: string }).kind];
    } finally {
      resolver.close();
    }
  }
}

async function withDiscovery(
  more: Partial<DiscoveryOptions>,
  use: (client: Client) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const discovery = await createDiscovery({
    httpPort: 0,
    dnsPort: 0,
    node: 'n1',
    clock,
    random: () => 0,
    ...more,
  });
  try {
    await use(new Client(discovery, clock));
  } finally {
    await discovery.close();
  }
}

const web = (id: string, address: string, more: object = {}) => ({
  ID: id,
  Name: 'web',
  Address: address,
  Port: 80,
  ...more,
});

test('registered over HTTP, found over DNS at the next question; gone as fast', () =>
  withDiscovery({}, async (client) => {
    assert.equal(await client.addresses('web.service.consul'), ['not-found']);
    for (const n of [1, 2]) {
      const reply = await client.ask('PUT', '/v1/agent/service/register', web(`web${n}`, `127.0.1.${n}`));
      assert.is(reply.status, 200);
      assert.is(reply.body, '');
    }
    assert.equal(await client.addresses('web.service.consul'), ['127.0.1.1', '127.0.1.2']);
    assert.equal(await client.addresses('consul.service.consul'), ['127.0.0.1']);
    await client.ask('PUT', '/v1/agent/service/deregister/web1');
    assert.equal(await client.addresses('web.service.consul'), ['127.0.1.2']);
    const again = await client.ask('PUT', '/v1/agent/service/deregister/web1');
    assert.is(again.status, 404);
    assert.is(
      again.body,
      'Unknown service ID "web1". Ensure that the service ID is passed, not the service name.',
    );
  }));

test('TTL checks decide who is given out', () =>
  withDiscovery({}, async (client) => {
    const check = { TTL: '10s', Status: 'passing' };
    await client.ask('PUT', '/v1/agent/service/register', web('web1', '127.0.1.1', { Check: check }));
    await client.ask('PUT', '/v1/agent/service/register', web('web2', '127.0.1.2'));
    const passing = async () =>
      (await client.ask('GET', '/v1/health/service/web?passing')).json.map(
        (one: { Service: { ID: string } }) => one.Service.ID,
      );
    await client.ask('PUT', '/v1/agent/check/warn/service:web1?note=slow');
    assert.equal(await client.addresses('web.service.consul'), ['127.0.1.1', '127.0.1.2']);
    assert.equal(await passing(), ['web2']);
    await client.ask('PUT', '/v1/agent/check/update/service%3Aweb1', { Status: 'critical', Output: 'no' });
    assert.equal(await client.addresses('web.service.consul'), ['127.0.1.2']);
    await client.ask('PUT', '/v1/agent/check/pass/service:web1');
    assert.equal(await client.addresses('web.service.consul'), ['127.0.1.1', '127.0.1.2']);
    client.clock.advance(10_000);
    assert.equal(await client.addresses('web.service.consul'), ['127.0.1.2']);
    assert.is((await client.ask('GET', '/v1/agent/checks')).json['service:web1'].Output, 'TTL expired');
  }));

test('a service whose HTTP check fails is taken out, and comes back', () =>
  withDiscovery({}, async (client) => {
    let status = 500;
    const service = createServer((_request, response) => response.writeHead(status).end());
    await new Promise<void>((done) => service.listen(0, '127.0.0.1', done));
    const { port } = service.address() as { port: number };
    const check = { HTTP: `http://127.0.0.1:${port}/`, Interval: '5s', Status: 'passing' };
    await client.ask('PUT', '/v1/agent/service/register', web('web1', '127.0.1.1', { Check: check }));
    const becomes = async (wanted: string) => {
      for (let turn = 0; turn < 500; turn++) {
        const { json } = await client.ask('GET', '/v1/agent/checks');
        if (json['service:web1'].Status === wanted) return json['service:web1'];
      }
      throw new Error(`it did not become ${wanted}`);
    };
    assert.equal(await client.addresses('web.service.consul'), ['127.0.1.1']);
    client.clock.advance(5_000);
    assert.is((await becomes('critical')).Interval, '5s');
    assert.equal(await client.addresses('web.service.consul'), ['not-found']);
    status = 200;
    client.clock.advance(5_000);
    assert.match((await becomes('passing')).Output, /^HTTP GET .*: 200 OK Output: $/);
    assert.equal(await client.addresses('web.service.consul'), ['127.0.1.1']);
    assert.is((await client.ask('PUT', '/v1/agent/check/pass/service:web1')).status, 500);
    service.close();
    service.closeAllConnections();
  }));

test('only_passing leaves out warnings', () =>
  withDiscovery({ onlyPassing: true }, async (client) => {
    const check = { TTL: '10s', Status: 'warning' };
    await client.ask('PUT', '/v1/agent/service/register', web('web1', '127.0.1.1', { Check: check }));
    assert.equal(await client.addresses('web.service.consul'), ['not-found']);
  }));

test("answers in Consul's shapes", () =>
  withDiscovery({}, async (client) => {
    const body = web('web1', '10.0.0.1', { Tags: ['v1'], Meta: { a: 'b' }, Check: { TTL: '1m' } });
    await client.ask('PUT', '/v1/agent/service/register', body);
    const [health] = (await client.ask('GET', '/v1/health/service/WEB?tag=V1')).json;
    assert.is(health.Node.Node, 'n1');
    assert.equal(health.Service.Tags, ['v1']);
    assert.equal(health.Service.TaggedAddresses.lan_ipv4, { Address: '10.0.0.1', Port: 80 });
    assert.equal(
      health.Checks.map((one: { CheckID: string; Status: string }) => [one.CheckID, one.Status]),
      [
        ['serfHealth', 'passing'],
        ['service:web1', 'critical'],
      ],
    );
    const [listed] = (await client.ask('GET', '/v1/catalog/service/web')).json;
    assert.is(listed.ServiceAddress, '10.0.0.1');
    assert.equal((await client.ask('GET', '/v1/catalog/services')).json, { consul: [], web: ['v1'] });
    assert.equal(Object.keys((await client.ask('GET', '/v1/agent/services')).json), ['web1']);
    assert.is((await client.ask('GET', '/v1/agent/service/web1')).json.Port, 80);
    assert.is((await client.ask('GET', '/v1/agent/self')).json.Config.Datacenter, 'dc1');
    assert.equal((await client.ask('GET', '/v1/catalog/datacenters')).json, ['dc1']);
    assert.is((await client.ask('GET', '/v1/status/leader')).json, `127.0.0.1:${client.discovery.httpPort}`);
    assert.is((await client.ask('GET', '/v1/agent/health/service/id/web1')).status, 503);
    assert.is((await client.ask('GET', '/v1/agent/health/service/name/web?x')).json.length, 1);
    assert.equal((await client.ask('GET', '/v1/health/service/nobody')).json, []);
    assert.match((await client.ask('GET', '/v1/status/peers?pretty')).body, /^\[\n {4}"/);
  }));

const refusals: readonly (readonly [
  method: string,
  path: string,
  body: unknown,
  status: number,
  text: string,
])[] = [
  ['PUT', '/v1/agent/service/register', '', 400, 'Request decode failed: EOF'],
  ['PUT', '/v1/agent/service/register', '{"Name"', 400, 'Request decode failed: unexpected EOF'],
  ['PUT', '/v1/agent/service/register', { ID: 'x' }, 400, 'Missing service name'],
  [
    'PUT',
    '/v1/agent/service/register',
    { Name: 'x', Unknown: 1 },
    400,
    'Request decode failed: json: unknown field "Unknown"',
  ],
  [
    'PUT',
    '/v1/agent/service/register',
    { Name: 'x', Port: '80' },
    400,
    'Request decode failed: json: cannot unmarshal string',
  ],
  ['PUT', '/v1/agent/service/register', { Name: 'x', Address: '::' }, 400, 'Invalid service address'],
  [
    'PUT',
    '/v1/agent/service/register',
    { Name: 'x', Weights: { Passing: 0 } },
    400,
    'Invalid Weights: Passing must be',
  ],
  [
    'PUT',
    '/v1/agent/service/register',
    { Name: 'x', Check: { TTL: '10s', Status: 'foo' } },
    400,
    "Status for checks must 'passing', 'warning', 'critical'",
  ],
  ['PUT', '/v1/agent/service/register', { Name: 'consul' }, 400, 'The service ID "consul" is in use'],
  ['PUT', '/v1/agent/service/register', 'x'.repeat(600_000), 413, 'Request body(600000 bytes) too large'],
  ['PUT', '/v1/agent/service/deregister/consul', undefined, 404, 'Unknown service ID "consul"'],
  ['GET', '/v1/agent/service/register', undefined, 405, 'method GET not allowed'],
  ['POST', '/v1/agent/check/pass/x', undefined, 405, 'method POST not allowed'],
  ['PUT', '/v1/agent/check/pass/x', undefined, 404, 'Unknown check ID "x"'],
  [
    'PUT',
    '/v1/agent/check/pass/serfHealth',
    undefined,
    500,
    'CheckID "serfHealth" does not have associated TTL',
  ],
  ['PUT', '/v1/agent/check/deregister/serfHealth', undefined, 404, 'Unknown check ID "serfHealth"'],
  [
    'GET',
    '/v1/agent/checks?filter=x',
    undefined,
    500,
    'Failed to create boolean expression evaluator: 1:2 (1)',
  ],
  ['PUT', '/v1/agent/check/register', { TTL: '1m' }, 400, 'Missing check name'],
  [
    'PUT',
    '/v1/agent/check/register',
    { Name: 'c', TTL: '1m', ServiceID: 'x' },
    404,
    'ServiceID "x" does not exist',
  ],
  ['PUT', '/v1/agent/service/maintenance/x', undefined, 400, 'Missing value for enable'],
  ['GET', '/v1/agent/service/x', undefined, 404, 'unknown service ID: x'],
  ['GET', '/v1/health/service/', undefined, 400, 'Missing service name'],
  ['GET', '/v1/health/service/web?passing=x', undefined, 400, 'Invalid value for ?passing'],
  ['GET', '/v1/health/service/web?index=abc', undefined, 400, 'Invalid index'],
  ['GET', '/v1/health/service/web?index=1&wait=1', undefined, 400, 'Invalid wait time'],
  ['GET', '/v1/health/service/web?dc=dc9', undefined, 500, 'No path to datacenter'],
  ['GET', '/v1/health/service/web?filter=X==1', undefined, 500, 'Failed to create boolean expression'],
  [
    'GET',
    '/v1/connect/ca/roots',
    undefined,
    501,
    '/v1/connect/ca/roots is not built in; it needs a Consul agent',
  ],
  ['PUT', '/v1/kv/', 'x', 400, 'Missing key name'],
  ['GET', '/v1/nope', undefined, 404, 'Invalid URL path: not a recognized HTTP API endpoint'],
  ['GET', '/elsewhere', undefined, 404, 'Invalid URL path: if attempting to use the HTTP API'],
  ['GET', '/v1/agent/service/%zz', undefined, 400, 'Invalid URL path'],
];

test('refuses in words', () =>
  withDiscovery({}, async (client) => {
    for (const [method, path, body, status, text] of refusals) {
      const reply = await client.ask(method, path, body);
      const what = `${method} ${path} ${JSON.stringify(body)?.slice(0, 60)}: ${reply.status} ${reply.body}`;
      assert.is(reply.status, status, what);
      assert.is(reply.body.slice(0, text.length), text, what);
      assert.match(reply.headers['content-type'] as string, /^text\/plain/);
    }
    const wrong = await client.ask('DELETE', '/v1/agent/service/register');
    assert.is(wrong.headers.allow, 'OPTIONS,PUT');
    assert.equal(Object.keys((await client.ask('GET', '/v1/agent/services')).json), []);
  }));

test('web pages are refused, other clients are not', () =>
  withDiscovery({}, async (client) => {
    const register = (headers: Record<string, string>) =>
      client.ask('PUT', '/v1/agent/service/register', web('w', '10.0.0.1'), headers);
    const pages: readonly Record<string, string>[] = [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-origin' },
      { host: 'evil.example:8500' },
    ];
    for (const headers of pages) {
      assert.is((await register(headers)).status, 403, JSON.stringify(headers));
    }
    assert.equal((await client.ask('GET', '/v1/agent/services')).json, {});
    for (const host of ['localhost:8500', '[::1]:8500', 'discovery', 'consul.service.consul']) {
      assert.is((await register({ host })).status, 200, host);
    }
  }));

test('a blocking query waits for its service, and for no other', () =>
  withDiscovery({}, async (client) => {
    await client.ask('PUT', '/v1/agent/service/register', web('web1', '10.0.0.1'));
    const path = '/v1/health/service/web';
    const index = await client.index(path);
    let answered = false;
    const waiting = client.ask('GET', `${path}?index=${index}&wait=1m`).then((reply) => {
      answered = true;
      return reply;
    });
    await client.ask('PUT', '/v1/agent/service/register', { Name: 'other' });
    // Another answer on another connection came back meanwhile, this one did not.
    await client.ask('GET', path);
    assert.not(answered);
    await client.ask('PUT', '/v1/agent/service/register', web('web2', '10.0.0.2'));
    const reply = await waiting;
    assert.is(reply.json.length, 2);
    assert.ok(Number(reply.headers['x-consul-index']) > index);
  }));

test('a blocking query ends with its time; an index from another life is answered at once', () =>
  withDiscovery({}, async (client) => {
    const index = await client.index('/v1/catalog/services');
    const above = await client.ask('GET', `/v1/catalog/services?index=${index + 1000}`);
    assert.is(Number(above.headers['x-consul-index']), index);
    const timers = client.clock.timers;
    const waiting = client.ask('GET', `/v1/catalog/services?index=${index}&wait=30s`);
    while (client.clock.timers === timers) await new Promise((done) => setImmediate(done));
    client.clock.advance(30_000);
    assert.is(Number((await waiting).headers['x-consul-index']), index);
  }));

test('a key that was deleted between two blocking queries is told at once', () =>
  withDiscovery({}, async (client) => {
    for (const path of ['/v1/kv/lock', '/v1/kv/?recurse', '/v1/kv/?keys']) {
      await client.ask('PUT', '/v1/kv/lock', 'x');
      const index = await client.index(path);
      await client.ask('DELETE', '/v1/kv/lock');
      const next = `${path}${path.includes('?') ? '&' : '?'}index=${index}`;
      // No time passes on this clock: an answer is one that did not wait.
      const reply = await client.ask('GET', next);
      assert.is(reply.status, 404, path);
      assert.ok(Number(reply.headers['x-consul-index']) > index);
    }
  }));

test('D12 D13 an index that no 64 bits hold is refused; one from a far future is answered at once', () =>
  withDiscovery({}, async (client) => {
    const ask = (index: string) => client.ask('GET', `/v1/health/service/web?index=${index}`);
    for (const wrong of ['18446744073709551616', '9'.repeat(400), '-1', '1e3', '0x10']) {
      assert.is((await ask(wrong)).status, 400, wrong);
    }
    assert.is((await ask('18446744073709551615')).status, 200);
    assert.is(client.discovery.waitingQueries(), 0);
  }));

test('a client that goes away in the middle of a body harms nobody', () =>
  withDiscovery({}, async (client) => {
    const socket = connect(client.discovery.httpPort, '127.0.0.1');
    await new Promise<void>((done) => {
      socket.write(
        'PUT /v1/agent/service/register HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n\r\n{',
        () => done(),
      );
    });
    socket.destroy();
    assert.is((await client.ask('GET', '/v1/status/leader')).status, 200);
    assert.equal((await client.ask('GET', '/v1/agent/services')).json, {});
  }));

test('a services file is followed, and a broken one leaves what was there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-discovery-'));
  const file = join(folder, 'services.json');
  const said: string[] = [];
  const log = (text: string) => void said.push(text);
  const put = (text: string) => {
    writeFileSync(join(folder, 'new'), text);
    renameSync(join(folder, 'new'), file);
  };
  put('{"services": [{"name": "web", "address": "127.0.1.1"}]}');
  try {
    const logger = { info: log, warning: log, error: log };
    await withDiscovery({ servicesFile: file, logger }, async (client) => {
      assert.equal(await client.addresses('web.service.consul'), ['127.0.1.1']);
      put('{"services": [{"name": "web", "address": "127.0.1.2"}, {"name": "new"}]}');
      client.clock.advance(2_000);
      assert.equal(await client.addresses('web.service.consul'), ['127.0.1.2']);
      put('{"services": [\n{"name": "web" "address": "127.0.1.3"}]}');
      client.clock.advance(2_000);
      assert.equal(await client.addresses('web.service.consul'), ['127.0.1.2']);
      assert.match(
        said.at(-1) ?? '',
        /services\.json:2:16: found "\\"" where ',' or '}' is expected; the services of before stay$/,
      );
      rmSync(file);
      client.clock.advance(2_000);
      assert.equal(await client.addresses('web.service.consul'), ['127.0.1.2']);
      assert.match(said.at(-1) ?? '', /cannot be read/);
      put('{"services": []}');
      client.clock.advance(2_000);
      assert.equal(await client.addresses('web.service.consul'), ['not-found']);
    });
    writeFileSync(file, '{');
    const failed = await createDiscovery({ httpPort: 0, dnsPort: 0, servicesFile: file }).catch(
      (error) => error,
    );
    assert.match(failed.message, /services\.json:1:2: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a folder of definitions is followed: all of its JSON files, and HCL is refused with a hint', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-discovery-'));
  const said: string[] = [];
  const log = (text: string) => void said.push(text);
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
  put('a.json', '{"service": {"name": "a", "address": "127.0.1.1"}}');
  put('b.json', '{"services": [{"name": "b", "address": "127.0.1.2"}]}');
  put('notes.txt', 'no JSON');
  try {
    const logger = { info: log, warning: log, error: log };
    await withDiscovery({ configDir: folder, logger }, async (client) => {
      assert.equal(await client.addresses('b.service.consul'), ['127.0.1.2']);
      rmSync(join(folder, 'b.json'));
      put('c.json', '{"service": {"name": "c", "address": "127.0.1.3"}}');
      await client.ask('PUT', '/v1/agent/reload');
      assert.equal(await client.addresses('b.service.consul'), ['not-found']);
      assert.equal(await client.addresses('c.service.consul'), ['127.0.1.3']);
      put('d.json', '{"service": {"name": "a"}}');
      client.clock.advance(2_000);
      assert.match(
        said.at(-1) ?? '',
        /d\.json: service 'a' is in .*a\.json as well; the services of before stay/,
      );
      rmSync(join(folder, 'd.json'));
      put('d.hcl', 'service { name = "d" }');
      client.clock.advance(2_000);
      assert.match(said.at(-1) ?? '', /d\.hcl: HCL is not read; write the definition as JSON/);
      assert.equal(await client.addresses('a.service.consul'), ['127.0.1.1']);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a taken port is told by what it is for, and nothing stays open', () =>
  withDiscovery({}, async (client) => {
    const { httpPort, dnsPort } = client.discovery;
    const dns = await createDiscovery({ httpPort: 0, dnsPort }).catch((error) => error);
    assert.is(dns.message, `DNS cannot listen on 127.0.0.1:${dnsPort}: the address is in use`);
    const http = await createDiscovery({ httpPort, dnsPort: 0 }).catch((error) => error);
    assert.is(http.message, `the HTTP API cannot listen on 127.0.0.1:${httpPort}: the address is in use`);
  }));

test.run();
