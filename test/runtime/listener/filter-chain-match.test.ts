import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../runtime/network/filter.js';
import type { ConnectionFacts } from '../../../runtime/listener/filter-chain-match.js';
import { compileChainMatch, needsClientHello } from '../../../runtime/listener/filter-chain-match.js';

type Match = Record<string, unknown>;

const plain: ConnectionFacts = {
  localAddress: '10.0.0.1',
  localPort: 443,
  remoteAddress: '192.0.2.7',
  remotePort: 5000,
  transportProtocol: 'raw_buffer',
  serverName: '',
  applicationProtocols: [],
};

const chainsOf = (matches: readonly Match[]) =>
  matches.map((match, index) => ({ name: `c${index}`, filter_chain_match: match }));

function chosen(matches: readonly Match[], facts: Partial<ConnectionFacts>): number | undefined {
  return compileChainMatch(chainsOf(matches))({ ...plain, ...facts });
}

const range = (address_prefix: string, prefix_len: number) => ({ address_prefix, prefix_len });

test('server names: exact before the longest wildcard before none', () => {
  const matches = [
    { server_names: ['*.com'] },
    { server_names: ['*.example.com', 'example.org'] },
    { server_names: ['www.example.com'] },
    {},
  ];
  const of = (serverName: string) => chosen(matches, { serverName, transportProtocol: 'tls' });
  assert.is(of('www.example.com'), 2);
  assert.is(of('a.b.example.com'), 1);
  assert.is(of('example.org'), 1);
  assert.is(of('example.com'), 0);
  assert.is(of('other.net'), 3);
  assert.is(of(''), 3);
});

test('without a chain for the rest nothing matches', () => {
  assert.is(chosen([{ server_names: ['a.test'] }], { serverName: 'b.test' }), undefined);
});

test('a name in capitals matches', () => {
  assert.is(chosen([{ server_names: ['A.Test'] }], { serverName: 'a.test' }), 0);
});

test('protocols of the transport and of the application', () => {
  const matches = [
    { transport_protocol: 'tls', application_protocols: ['h2'] },
    { transport_protocol: 'tls', application_protocols: ['http/1.1'] },
    { transport_protocol: 'tls' },
    { transport_protocol: 'raw_buffer' },
  ];
  const tls = (...applicationProtocols: string[]) =>
    chosen(matches, { transportProtocol: 'tls', applicationProtocols });
  assert.is(tls('http/1.1', 'h2'), 1, 'the first choice of the client');
  assert.is(tls('h2', 'http/1.1'), 0);
  assert.is(tls('x', 'h2'), 0);
  assert.is(tls('x'), 2);
  assert.is(tls(), 2);
  assert.is(chosen(matches, {}), 3);
});

test('ports and ranges: the most specific counts', () => {
  const matches = [
    { prefix_ranges: [range('10.0.0.0', 8)] },
    { prefix_ranges: [range('10.0.0.1', 32)] },
    { destination_port: 8443 },
    { prefix_ranges: [range('::', 0)] },
  ];
  assert.is(chosen(matches, {}), 1);
  assert.is(chosen(matches, { localAddress: '10.0.0.2' }), 0);
  assert.is(chosen(matches, { localPort: 8443 }), 2, 'the port is asked first');
  assert.is(chosen(matches, { localAddress: '2001:db8::1' }), 3);
  assert.is(chosen(matches, { localAddress: '11.0.0.1' }), undefined);
});

test('where the client is', () => {
  const matches = [
    { source_type: 'SAME_IP_OR_LOOPBACK' },
    { source_type: 'EXTERNAL', source_prefix_ranges: [range('192.0.2.0', 24)] },
    { source_type: 'EXTERNAL', source_ports: [7, 9] },
    {},
  ];
  assert.is(chosen(matches, { remoteAddress: '127.3.0.1' }), 0);
  assert.is(chosen(matches, { remoteAddress: '10.0.0.1' }), 0);
  assert.is(chosen(matches, {}), 1);
  assert.is(chosen(matches, { remoteAddress: '198.51.100.1', remotePort: 9 }), 2);
  assert.is(chosen(matches, { remoteAddress: '198.51.100.1', remotePort: 8 }), undefined, 'no way back');
});

test('there is no way back from a server name to a wildcard', () => {
  const matches = [
    { server_names: ['www.a.test'], application_protocols: ['h2'] },
    { server_names: ['*.a.test'] },
  ];
  const of = (serverName: string) => chosen(matches, { serverName, applicationProtocols: ['http/1.1'] });
  assert.is(of('www.a.test'), undefined);
  assert.is(of('other.a.test'), 1);
});

function refusal(matches: readonly Match[]): ConfigError {
  try {
    compileChainMatch(chainsOf(matches));
  } catch (error) {
    assert.instance(error, ConfigError);
    return error as ConfigError;
  }
  throw new Error('it was taken');
}

test('chains that match the same are refused, also where they only overlap', () => {
  const same = refusal([{ server_names: ['a.test', 'b.test'] }, { server_names: ['B.test'] }]);
  assert.is(same.message, "filter chain 'c1' has the same matching rules defined as 'c0'");
  assert.equal(same.path, ['filter_chains', 1, 'filter_chain_match']);
  assert.match(refusal([{}, {}]).message, /same matching rules/);
});

test('partial wildcards and broken addresses are refused at their place', () => {
  const wildcard = refusal([{ server_names: ['ok.test', 'w*.test'] }]);
  assert.match(wildcard.message, /partial wildcards/);
  assert.equal(wildcard.path, ['filter_chains', 0, 'filter_chain_match', 'server_names', 1]);
  const address = refusal([{ prefix_ranges: [range('nowhere', 8)] }]);
  assert.equal(address.path, [
    'filter_chains',
    0,
    'filter_chain_match',
    'prefix_ranges',
    0,
    'address_prefix',
  ]);
});

test('the ClientHello is read when a chain depends on it', () => {
  assert.not(needsClientHello(chainsOf([{}])));
  assert.not(needsClientHello(chainsOf([{ source_ports: [1] }, { transport_protocol: 'raw_buffer' }])));
  assert.ok(needsClientHello(chainsOf([{}, { server_names: ['a'] }])));
  assert.ok(needsClientHello(chainsOf([{ application_protocols: ['h2'] }])));
  assert.ok(needsClientHello(chainsOf([{ transport_protocol: 'tls' }])));
});

test.run();
