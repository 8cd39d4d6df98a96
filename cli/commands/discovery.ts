import { resolve } from 'node:path';
import type { Discovery } from '../../runtime/discovery/index.js';
import { createDiscovery } from '../../runtime/discovery/index.js';
import { numberOption, textOption } from '../arguments.js';
import type { Command, Io, ParsedArguments } from '../command.js';
import { packageVersion } from '../support/package.js';

function options(args: ParsedArguments, io: Io) {
  const services = textOption(args, 'services');
  const datacenter = textOption(args, 'datacenter');
  const node = textOption(args, 'node');
  const log = (level: string) => (text: string) => io.stderr(`envoy3: discovery: ${level}${text}\n`);
  return {
    bind: textOption(args, 'bind') ?? '127.0.0.1',
    httpPort: numberOption(args, 'http-port', 0, 65535) ?? 8500,
    dnsPort: numberOption(args, 'dns-port', 0, 65535) ?? 8600,
    onlyPassing: args.values['only-passing'] === true,
    version: `envoy3 ${packageVersion()}`,
    logger: { info: log(''), warning: log('warning: '), error: log('error: ') },
    ...(services === undefined ? {} : { servicesFile: resolve(io.cwd, services) }),
    ...(datacenter === undefined ? {} : { datacenter }),
    ...(node === undefined ? {} : { node }),
  };
}

/** `envoy3 discovery`: the discovery module in a process of its own. */
export const discovery: Command = {
  name: 'discovery',
  summary: 'run the Consul-style discovery service alone',
  usage: '[--services FILE] [OPTIONS]',
  description:
    "Serves a part of Consul's HTTP API (register, deregister, TTL checks, catalog, health with blocking queries) and\nanswers [TAG.]NAME.service.consul over DNS. The services file is read again whenever it changes.",
  options: {
    services: { type: 'string', value: 'FILE', description: "service definitions in Consul's JSON form" },
    bind: { type: 'string', value: 'IP', description: 'address to listen on (default 127.0.0.1)' },
    'http-port': {
      type: 'string',
      value: 'PORT',
      description: 'port of the HTTP API (default 8500; 0 = any)',
    },
    'dns-port': {
      type: 'string',
      value: 'PORT',
      description: 'port of DNS, UDP and TCP (default 8600; 0 = any)',
    },
    datacenter: { type: 'string', value: 'NAME', description: 'name of this datacenter (default dc1)' },
    node: { type: 'string', value: 'NAME', description: "name of the node (default the machine's)" },
    'only-passing': { type: 'boolean', description: 'leave instances with a warning out of DNS' },
  },
  maxPositionals: 0,
  examples: [
    ['envoy3 discovery --services services.json', 'HTTP on 8500, DNS on 8600'],
    ['dig @127.0.0.1 -p 8600 service1.service.consul', 'asks it'],
  ],
  async run(args, io) {
    const given = options(args, io);
    let server: Discovery;
    try {
      server = await createDiscovery(given);
    } catch (error) {
      io.stderr(`envoy3: ${(error as Error).message}\n`);
      return 1;
    }
    io.stderr(
      `envoy3: discovery on http://${given.bind}:${server.httpPort}, DNS on ${given.bind}:${server.dnsPort}\n`,
    );
    await new Promise<void>((done) => {
      const stop = io.onSignal(() => {
        stop();
        done();
      });
    });
    await server.close();
    return 0;
  },
};
