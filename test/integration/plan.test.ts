/** What `envoy3 plan` says of listeners is what the runtime then does. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planChange } from '../../compiler/tools.js';
import { readMessage } from '../../dsl/api/index.js';
import type { Message } from '../support/bootstrap.js';
import { bootstrap, connectionManager, listener, listenerAddress, say } from '../support/bootstrap.js';
import { startProxy } from '../support/serve.js';

const ok = say('ok');
const chain = (filter: Message, more: Message = {}): Message => ({ filters: [filter], ...more });
const base = [listener(connectionManager([ok]))];

/** The listeners afterwards, by what the change is. */
const changes: Readonly<Record<string, readonly Message[]>> = {
  nothing: base,
  'a route': [listener(connectionManager([say('x', '/x'), ok]))],
  'headers of clients': [listener(connectionManager([ok], { use_remote_address: true }))],
  'the prefix of statistics': [listener(connectionManager([ok], { stat_prefix: 'other' }))],
  'idle connections': [
    listener(connectionManager([ok], { common_http_protocol_options: { idle_timeout: '1s' } })),
  ],
  'buffers of connections': [listener(connectionManager([ok]), { per_connection_buffer_limit_bytes: 1000 })],
  'another name': [listener(connectionManager([ok]), { name: 'other' })],
  'another address': [listener(connectionManager([ok]), { address: listenerAddress(0, '127.0.0.2') })],
  'another name and address': [
    listener(connectionManager([ok]), { name: 'other', address: listenerAddress(0, '127.0.0.2') }),
  ],
  'one more listener': [
    ...base,
    listener(connectionManager([ok]), { name: 'more', address: listenerAddress(0, '127.0.0.3') }),
  ],
  'no listener': [],
  'one more chain': [
    listener(connectionManager([ok]), {
      filter_chains: [
        chain(connectionManager([ok])),
        chain(connectionManager([ok]), { name: 'b', filter_chain_match: { source_ports: [1] } }),
      ],
    }),
  ],
};

/** `hot listener main` of a line of the log; undefined for other lines. */
function impactOf(line: string): string | undefined {
  const match =
    /listener '([^']*)' (?:on \S+ )?(listens on|changed: connections stay|changed: |removed)/.exec(line);
  if (match === null) return undefined;
  const isHot = match[2] === 'listens on' || match[2] === 'changed: connections stay';
  return `${isHot ? 'hot' : 'drain'} listener ${match[1]}`;
}

const canonical = (text: string): unknown =>
  readMessage('envoy.config.bootstrap.v3.Bootstrap', JSON.parse(text)).value;

for (const [name, after] of Object.entries(changes)) {
  test(name, async () => {
    const [from, to] = [bootstrap(base), bootstrap(after)];
    const proxy = await startProxy({ configYaml: from });
    try {
      const before = proxy.log.length;
      assert.ok(await proxy.server.reload(to), proxy.log.join('\n'));
      const did = proxy.log.slice(before).map(impactOf);
      const planned = planChange(canonical(from), canonical(to)).impacts.map(
        ({ impact, resource }) => `${impact} ${resource}`,
      );
      assert.equal(planned.sort(), did.filter((one) => one !== undefined).sort());
    } finally {
      await proxy.server.shutdown();
    }
  });
}

test.run();
