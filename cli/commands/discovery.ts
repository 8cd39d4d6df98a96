import { resolve } from 'node:path';
import { createDiscovery } from '../../runtime/discovery/index.js';
import { numberOption, textOption } from '../arguments.js';
import type { Command } from '../command.js';

/** `envoy3 discovery`: the discovery module in a process of its own. */
export const discovery: Command = {
  name: 'discovery',
  summary: 'run the Consul-style discovery service alone',
  usage: '[--services FILE] [OPTIONS]',
  description:
    "Serves a part of Consul's HTTP API (register, deregister, catalog, health) and answers NAME.service.consul over DNS.",
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
  },
  maxPositionals: 0,
  examples: [
    ['envoy3 discovery --services services.json', 'HTTP on 8500, DNS on 8600'],
    ['dig @127.0.0.1 -p 8600 service1.service.consul', 'asks it'],
  ],
  async run(args, io) {
    const services = textOption(args, 'services');
    const bind = textOption(args, 'bind') ?? '127.0.0.1';
    const server = await createDiscovery({
      bind,
      httpPort: numberOption(args, 'http-port', 0, 65535) ?? 8500,
      dnsPort: numberOption(args, 'dns-port', 0, 65535) ?? 8600,
      ...(services === undefined ? {} : { servicesFile: resolve(io.cwd, services) }),
    });
    io.stderr(`envoy3: discovery on http://${bind}:${server.httpPort}, DNS on ${bind}:${server.dnsPort}\n`);
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
