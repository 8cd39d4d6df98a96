import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { goDurationText, parseGoDuration } from '../../../../runtime/discovery/definition/go-duration.js';
import { findJsonError } from '../../../../runtime/discovery/definition/json-error.js';
import { readServicesFile } from '../../../../runtime/discovery/definition/services-file.js';

const read = (text: string) => readServicesFile(text, 's.json');

test("Consul's forms: one service, several, either spelling of the fields", () => {
  const one = read('{"service": {"name": "web", "port": 80, "tags": ["v1"]}}');
  assert.is(one[0]?.service.id, 'web');
  const several = read(`{
    "services": [
      {"ID": "a", "Name": "web", "Address": "10.0.0.1", "Port": 80, "Weights": {"Passing": 10}},
      {"id": "b", "name": "web", "tagged_addresses": {"lan_ipv6": {"address": "fd00::1", "port": 1}},
       "enable_tag_override": true,
       "checks": [{"ttl": "30s"}, {"CheckID": "own", "ttl": "1m", "status": "passing"}]}
    ]}`);
  assert.equal(several[0]?.service.weights, { passing: 10, warning: 0 });
  assert.equal(several[1]?.service.taggedAddresses, { lan_ipv6: { address: 'fd00::1', port: 1 } });
  assert.equal(
    several[1]?.checks.map(({ id, ttlMs, status }) => [id, ttlMs, status]),
    [
      ['service:b:1', 30_000, 'critical'],
      ['own', 60_000, 'passing'],
    ],
  );
});

const mistakes: readonly (readonly [name: string, text: string, error: string])[] = [
  ['syntax', '{\n  "services": [\n  }', 's.json:3:3: found "}" where a value is expected'],
  ['cut', '{\n "services": [', 's.json:2:15: the text ends where a value is expected'],
  [
    'unknown field',
    '{"services": [\n  {"name": "a", "prot": 80}]}',
    's.json:2:17: json: unknown field "prot"',
  ],
  ['no name', '{"services": [\n  {"port": 80}]}', 's.json:2:3: Missing service name'],
  ['type', '{"service": {"name": "a",\n "port": "80"}}', 's.json:2:2: json: cannot unmarshal string'],
  ['port', '{"service": {"name": "a",\n "port": 80000}}', 's.json:2:2: Invalid port: 80000'],
  ['address', '{"service": {"name": "a",\n "address": "0.0.0.0"}}', 's.json:2:2: Invalid service address'],
  [
    'duration',
    '{"service": {"name": "a",\n "check": {"ttl": "x"}}}',
    's.json:2:12: time: invalid duration "x"',
  ],
  [
    'probing',
    '{"service": {"name": "a",\n "check": {"udp": "a:1", "interval": "1s"}}}',
    's.json:2:12: udp: only TTL, HTTP, TCP, gRPC',
  ],
  [
    'mesh',
    '{"service": {"name": "a",\n "kind": "connect-proxy"}}',
    "s.json:2:2: kind: Consul's service mesh",
  ],
  ['twice', '{"services": [{"name": "a"},\n{"name": "a"}]}', "s.json:2:1: service 'a' is there twice"],
  ['top', '{"ports": []}', 's.json:1:2: json: unknown field "ports"'],
  ['not an object', '[1]', 's.json:1:1: json: cannot unmarshal array'],
];

for (const [name, text, expected] of mistakes) {
  test(`a mistake is told with its place: ${name}`, () => {
    let message = '';
    try {
      read(text);
    } catch (error) {
      message = (error as Error).message;
    }
    assert.is(message.slice(0, expected.length), expected, message);
  });
}

test('syntax errors are found exactly where JSON.parse finds some', () => {
  const text = fc
    .array(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', '-0.5e3', '01', 'true', 'nul', ' ', '\n'),
      {
        maxLength: 12,
      },
    )
    .map((tokens) => tokens.join(''));
  fc.assert(
    fc.property(fc.oneof(text, fc.json()), (json) => {
      let valid = true;
      try {
        JSON.parse(json);
      } catch {
        valid = false;
      }
      assert.is(findJsonError(json) === undefined, valid, json);
    }),
    { numRuns: 2000 },
  );
});

test("durations as Go's", () => {
  assert.is(parseGoDuration('1h30m'), 5_400_000);
  assert.is(parseGoDuration('0.5s'), 500);
  assert.is(parseGoDuration('-2ms'), -2);
  assert.is(parseGoDuration('0'), 0);
  for (const text of ['0s', '500ms', '1.5s', '10s', '1m30s', '1h0m0s']) {
    assert.is(goDurationText(parseGoDuration(text) ?? Number.NaN), text);
  }
  for (const text of ['', '1', 's', '1d', '1s ', '1.2.3s']) assert.is(parseGoDuration(text), undefined, text);
});

test('checks may stand beside the services that they name', () => {
  const text = JSON.stringify({
    services: [{ name: 'web', check: { ttl: '1m' } }, { name: 'db' }],
    check: { name: 'port', tcp: '127.0.0.1:80', interval: '5s', service_id: 'web' },
    checks: [{ id: 'up', name: 'up', ttl: '1m', service_id: 'db' }],
  });
  assert.equal(
    readServicesFile(text, 's.json').map(({ service, checks }) => [service.id, checks.map(({ id }) => id)]),
    [
      ['web', ['service:web', 'port']],
      ['db', ['up']],
    ],
  );
  const wrong = (check: object) => () =>
    readServicesFile(JSON.stringify({ service: { name: 'web' }, check }), 's.json');
  assert.throws(wrong({ name: 'c', ttl: '1m' }), /service_id is missing/);
  assert.throws(wrong({ name: 'c', ttl: '1m', service_id: 'x' }), /there is no service 'x' in this file/);
});

test.run();
