import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Discovery } from '../../runtime/discovery/index.js';
import { createDiscovery } from '../../runtime/discovery/index.js';
import { numberOption, textOption } from '../arguments.js';
import type { Command, Io, ParsedArguments } from '../command.js';
import { UsageError } from '../command.js';
import type { AgentAddress, View } from '../support/discovery-client.js';
import { askAgent, showView, waitForChange } from '../support/discovery-client.js';
import { discoveryOptions, listOption } from '../support/discovery-options.js';
import { withTypedServices } from '../support/typed-services.js';

function untilSignal(io: Io): Promise<void> {
  return new Promise((done) => {
    const stop = io.onSignal(() => {
      stop();
      done();
    });
  });
}

async function serve(args: ParsedArguments, io: Io): Promise<number> {
  const given = await withTypedServices(discoveryOptions(args, io), io);
  if (given === undefined) return 1;
  let server: Discovery;
  try {
    server = await createDiscovery(given);
  } catch (error) {
    io.stderr(`envoy3: ${(error as Error).message}\n`);
    return 1;
  }
  const scheme = given.tls === undefined ? 'http' : 'https';
  const { catalog } = server;
  const names = [...catalog.serviceNames()].filter((name) => name !== 'consul');
  io.stderr(
    `envoy3: discovery on ${scheme}://${given.bind}:${server.httpPort}, DNS on ${given.bind}:${server.dnsPort}\n` +
      `envoy3: node ${catalog.node.name}, datacenter ${catalog.node.datacenter}, ${names.length} services` +
      `${given.dataDir === undefined ? ', nothing is kept over a restart (--data-dir)' : `, kept in ${given.dataDir}`}\n`,
  );
  // As a Consul agent does; without a listener it would end the process.
  const reload = (): void => server.reload();
  process.on('SIGHUP', reload);
  await untilSignal(io);
  process.off('SIGHUP', reload);
  await server.close();
  return 0;
}

function agentOf(args: ParsedArguments, io: Io): AgentAddress {
  const named = textOption(args, 'agent') ?? io.env.CONSUL_HTTP_ADDR ?? '127.0.0.1:8500';
  const url = /^https?:\/\//.test(named) ? named : `http://${named}`;
  if (!URL.canParse(url)) throw new UsageError(`'${named}' is no address of an agent`);
  return { url, token: textOption(args, 'token') ?? io.env.CONSUL_HTTP_TOKEN ?? '' };
}

async function show(view: View, args: ParsedArguments, io: Io): Promise<number> {
  const agent = agentOf(args, io);
  const service = args.positionals[1];
  let shown = await showView(agent, view, service);
  io.stdout(shown);
  if (args.values.watch !== true) return 0;
  const over = new AbortController();
  void untilSignal(io).then(() => over.abort());
  let known = { services: 0, checks: 0 };
  while (!over.signal.aborted) {
    try {
      known = await waitForChange(agent, known, over.signal);
      const now = await showView(agent, view, service);
      if (now !== shown) io.stdout(`\n${now}`);
      shown = now;
    } catch (error) {
      if (!over.signal.aborted) throw error;
    }
  }
  return 0;
}

/** A definition from options, or from a file that is one. */
function definition(args: ParsedArguments, io: Io): string {
  const name = args.positionals[1];
  if (name === undefined) throw new UsageError('register what? Give a name, or a file with a definition');
  if (name.endsWith('.json')) {
    try {
      const value = JSON.parse(readFileSync(resolve(io.cwd, name), 'utf8')) as { service?: unknown };
      return JSON.stringify(value.service ?? value);
    } catch (error) {
      throw new UsageError(`${name}: ${(error as Error).message}`);
    }
  }
  const check = {
    TTL: textOption(args, 'check-ttl'),
    HTTP: textOption(args, 'check-http'),
    TCP: textOption(args, 'check-tcp'),
    GRPC: textOption(args, 'check-grpc'),
  };
  const hasCheck = Object.values(check).some((value) => value !== undefined);
  const probed = check.TTL === undefined && hasCheck;
  return JSON.stringify({
    Name: name,
    ID: textOption(args, 'id'),
    Address: textOption(args, 'address'),
    Port: numberOption(args, 'port', 0, 65_535),
    Tags: listOption(args, 'tags'),
    Check: hasCheck
      ? { ...check, Interval: probed ? (textOption(args, 'check-interval') ?? '10s') : undefined }
      : undefined,
  });
}

async function change(
  path: string,
  body: string | undefined,
  args: ParsedArguments,
  io: Io,
): Promise<number> {
  await askAgent(agentOf(args, io), path, { method: 'PUT', ...(body === undefined ? {} : { body }) });
  return 0;
}

/** What follows `envoy3 discovery`. */
function runClient(verb: string, args: ParsedArguments, io: Io): Promise<number> {
  switch (verb) {
    case 'services':
    case 'instances':
    case 'checks':
      return show(verb, args, io);
    case 'register':
      return change('/v1/agent/service/register', definition(args, io), args, io);
    case 'deregister': {
      const id = args.positionals[1];
      if (id === undefined) throw new UsageError('deregister what? Give the id of an instance');
      return change(`/v1/agent/service/deregister/${encodeURIComponent(id)}`, undefined, args, io);
    }
    default:
      throw new UsageError(
        `unknown action '${verb}'; there are services, instances, checks, register and deregister`,
      );
  }
}

/** `envoy3 discovery`: the discovery module in a process of its own, and a client of any agent. */
export const discovery: Command = {
  name: 'discovery',
  summary: 'run the Consul-style discovery service, or ask one',
  usage: '[services|instances|checks [SERVICE]|register NAME|deregister ID] [OPTIONS]',
  description:
    "Alone it serves Consul's HTTP API (agent, catalog, health, KV, sessions, queries) and answers\n[TAG.]NAME.service.consul over DNS. With an action it asks the agent at --agent, which may be real Consul.",
  options: {
    services: {
      type: 'string',
      value: 'FILE',
      description: "service definitions: Consul's JSON, or a module of defineServices (.ts)",
    },
    'config-dir': {
      type: 'string',
      value: 'DIR',
      description: 'folder of such files, read again when they change',
    },
    'data-dir': {
      type: 'string',
      value: 'DIR',
      description: 'keep what is registered there; default: in memory alone',
    },
    'envoy-config': {
      type: 'string',
      value: 'FILE',
      description: 'an envoy3.yaml: the page at /ui/ shows which of its clusters use a service',
    },
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
    domain: { type: 'string', value: 'NAME', description: 'the zone (default consul)' },
    datacenter: { type: 'string', value: 'NAME', description: 'name of this datacenter (default dc1)' },
    node: { type: 'string', value: 'NAME', description: "name of the node (default the machine's)" },
    'only-passing': { type: 'boolean', description: 'leave instances with a warning out of DNS' },
    ttl: { type: 'string', value: 'SECONDS', description: 'TTL of DNS answers (default 0)' },
    recursors: {
      type: 'string',
      value: 'IP:PORT,...',
      description: 'DNS servers for other zones (default: such questions are refused)',
    },
    'as-consul': {
      type: 'boolean',
      description:
        'trim DNS answers as Consul does (three without EDNS, no TC) instead of giving all that fit',
    },
    'max-queries': {
      type: 'string',
      value: 'N',
      description: 'DNS questions of one address in a second (default no limit)',
    },
    'log-queries': { type: 'boolean', description: 'log each DNS question' },
    tokens: {
      type: 'string',
      value: 'FILE',
      description: 'who may use the API: [{"secret": "...", "scope": "read"|"write"}]',
    },
    'write-from': { type: 'string', value: 'NET,...', description: 'networks that may write (10.0.0.0/8)' },
    'tls-cert': { type: 'string', value: 'FILE', description: 'PEM; the API then speaks HTTPS' },
    'tls-key': { type: 'string', value: 'FILE', description: 'PEM of its key' },
    'tls-client-ca': { type: 'string', value: 'FILE', description: 'PEM; clients need a certificate of it' },
    agent: {
      type: 'string',
      value: 'URL',
      description: 'the agent to ask (default CONSUL_HTTP_ADDR, or 127.0.0.1:8500)',
    },
    token: { type: 'string', value: 'SECRET', description: 'token to show it (default CONSUL_HTTP_TOKEN)' },
    watch: { type: 'boolean', short: 'w', description: 'show again whenever something changes' },
    id: { type: 'string', value: 'ID', description: 'register: id of the instance (default its name)' },
    address: { type: 'string', value: 'IP', description: "register: its address (default the agent's)" },
    port: { type: 'string', value: 'PORT', description: 'register: its port' },
    tags: { type: 'string', value: 'TAG,...', description: 'register: its tags' },
    'check-ttl': { type: 'string', value: 'TIME', description: 'register: it reports on itself that often' },
    'check-http': { type: 'string', value: 'URL', description: 'register: probed by GET' },
    'check-tcp': { type: 'string', value: 'HOST:PORT', description: 'register: probed by connecting' },
    'check-grpc': {
      type: 'string',
      value: 'HOST:PORT[/SERVICE]',
      description: 'register: probed by the gRPC health protocol',
    },
    'check-interval': {
      type: 'string',
      value: 'TIME',
      description: 'register: between probes (default 10s)',
    },
  },
  maxPositionals: 2,
  examples: [
    ['envoy3 discovery --data-dir ./data', 'HTTP on 8500, DNS on 8600, kept over restarts'],
    ['envoy3 discovery register orders --port 8080 --check-tcp 127.0.0.1:8080', 'registers an instance'],
    ['envoy3 discovery services --watch', 'who is there, and how it is'],
    ['dig @127.0.0.1 -p 8600 orders.service.consul', 'asks over DNS'],
  ],
  async run(args, io) {
    const [verb] = args.positionals;
    if (verb === undefined) return serve(args, io);
    try {
      return await runClient(verb, args, io);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      io.stderr(`envoy3: ${(error as Error).message}\n`);
      return 1;
    }
  },
};
