import { resolve } from 'node:path';
import type { Server } from '../../runtime/index.js';
import { createServer } from '../../runtime/index.js';
import { numberOption, textOption } from '../arguments.js';
import type { Command, Io, ParsedArguments } from '../command.js';
import { UsageError } from '../command.js';
import type { DnsCluster } from '../../runtime/discovery/index.js';
import { createDiscovery, dnsClustersOf } from '../../runtime/discovery/index.js';
import { clustersOfFile } from '../support/clusters-of-file.js';
import { discoveryOptions } from '../support/discovery-options.js';
import { packageVersion } from '../support/package.js';
import { withTypedServices } from '../support/typed-services.js';
import { createServiceManager } from '../support/service-manager.js';
import { runEnvoy } from '../support/run-envoy.js';

const logLevels = ['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off'] as const;

/** Envoy's own flags that change nothing here, so that unit files written for Envoy work as they are. */
const accepted = [
  'allow-unknown-fields',
  'allow-unknown-static-fields',
  'cpuset-threads',
  'disable-hot-restart',
  'enable-core-dump',
  'enable-fine-grain-logging',
  'enable-mutex-tracing',
  'ignore-unknown-dynamic-fields',
  'log-format-escaped',
  'log-stacktrace-single-entry',
  'reject-unknown-dynamic-fields',
  'skip-deprecated-logs',
  'skip-hot-restart-on-no-parent',
  'skip-hot-restart-parent-stats',
  'use-dynamic-base-id',
] as const;
const acceptedWithValue = [
  'base-id',
  'base-id-path',
  'drain-strategy',
  'file-flush-min-size-kb',
  'local-address-ip-version',
  'parent-shutdown-time-s',
  'socket-mode',
  'socket-path',
] as const;
const noEffect = 'taken for the sake of unit files; no effect here';

/** A fault that even hinders the end: milliseconds until the process ends anyway. */
const crashTimeoutMs = 2000;

type Level = Exclude<(typeof logLevels)[number], 'warn'>;

/** `upstream:debug,config:trace` */
function componentLevels(text: string | undefined): ReadonlyMap<string, Level> {
  const levels = new Map<string, Level>();
  for (const pair of text?.split(',') ?? []) {
    const [name = '', level = ''] = pair.split(':');
    if (name === '' || !logLevels.includes(level as Level)) {
      throw new UsageError(`option '--component-log-level' takes NAME:LEVEL,...; got '${pair}'`);
    }
    levels.set(name, (level === 'warn' ? 'warning' : level) as Level);
  }
  return levels;
}

function optionalPath<K extends string>(
  args: ParsedArguments,
  io: Io,
  option: string,
  key: K,
): { readonly [key in K]?: string } {
  const path = textOption(args, option);
  return path === undefined ? {} : ({ [key]: resolve(io.cwd, path) } as { readonly [key in K]?: string });
}

function serverOptions(args: ParsedArguments, io: Io) {
  const path = textOption(args, 'config-path');
  const text = textOption(args, 'config-yaml');
  if (path === undefined && text === undefined) throw new UsageError('name a configuration: -c envoy3.yaml');
  if (path !== undefined && text !== undefined) {
    throw new UsageError("give '--config-path' or '--config-yaml': merging both needs real Envoy");
  }
  const level = textOption(args, 'log-level') ?? 'info';
  const format = textOption(args, 'log-format');
  return {
    ...(path === undefined ? {} : { configPath: resolve(io.cwd, path) }),
    ...(text === undefined ? {} : { configYaml: text }),
    logLevel: (level === 'warn' ? 'warning' : level) as Level,
    version: packageVersion(),
    concurrency: numberOption(args, 'concurrency', 1, 1024) ?? 1,
    fileFlushIntervalMs: numberOption(args, 'file-flush-interval-msec', 1, 3_600_000) ?? 10_000,
    componentLogLevels: componentLevels(textOption(args, 'component-log-level')),
    drainTimeS: numberOption(args, 'drain-time-s', 0, 86_400) ?? 600,
    serviceNode: textOption(args, 'service-node') ?? '',
    serviceCluster: textOption(args, 'service-cluster') ?? '',
    serviceZone: textOption(args, 'service-zone') ?? '',
    restartEpoch: numberOption(args, 'restart-epoch', 0, 4_294_967_295) ?? 0,
    ...(format === undefined ? {} : { logFormat: format }),
    ...optionalPath(args, io, 'log-path', 'logPath'),
    ...optionalPath(args, io, 'admin-address-path', 'adminAddressPath'),
    watch: args.values['no-watch'] !== true,
    rollback: args.values.rollback === true,
    mode: (textOption(args, 'mode') ?? 'serve') as 'serve' | 'validate',
  };
}

type Options = ReturnType<typeof serverOptions>;

function validate(options: Options, args: ParsedArguments, io: Io): Promise<number> {
  const name = textOption(args, 'config-path') ?? '<yaml>';
  return createServer(options).then(
    async (server) => {
      await server.shutdown();
      io.stdout(`configuration '${name}' OK\n`);
      return 0;
    },
    (error: Error) => {
      io.stderr(`error initializing configuration '${name}': ${error.message}\n`);
      return 1;
    },
  );
}

/** Signals as Envoy takes them, but that SIGTERM lets requests end first and SIGHUP reads the configuration again. Returns a function that stops listening. */
function obeySignals(server: Server): () => void {
  const { log } = server;
  const handlers: Readonly<Record<string, (argument: Error) => void>> = {
    SIGUSR1() {
      log.info('caught SIGUSR1. Reopening access logs.');
      server.reopenLogs();
    },
    SIGHUP() {
      log.info('caught SIGHUP. Reading the configuration again.');
      void server.reloadFile();
    },
    uncaughtException: (error) => crash(server, error),
    unhandledRejection: (reason) => crash(server, reason),
  };
  for (const [event, handler] of Object.entries(handlers)) process.on(event, handler);
  return () => {
    for (const [event, handler] of Object.entries(handlers)) process.off(event, handler);
  };
}

/** A fault of this program. Nothing is known of its state: it is told, what is buffered is written, and that is all. */
function crash(server: Server, error: unknown): void {
  const end = (): never => process.exit(1);
  void server.crash(error instanceof Error ? error : new Error(String(error))).then(end, end);
  setTimeout(end, crashTimeoutMs);
}

/** @param running told of the server while it runs */
async function run(options: Options, io: Io, running: (server: Server | undefined) => void): Promise<number> {
  const starting = new AbortController();
  const manager = createServiceManager(io.env);
  let server: Server | undefined;
  const stop = io.onSignal((signal) => {
    if (server === undefined) {
      starting.abort(new Error(`caught ${signal} while starting`));
      return;
    }
    server.log.warning(signal === 'SIGTERM' ? 'caught ENVOY_SIGTERM' : `caught ${signal}`);
    void (signal === 'SIGTERM' ? server.drainAndShutdown() : server.shutdown());
  });
  try {
    server = await createServer({
      ...options,
      signal: starting.signal,
      environment: io.env,
      onPhase: (phase) => manager[phase](),
    });
    const disobey = obeySignals(server);
    running(server);
    const code = await server.closed;
    running(undefined);
    disobey();
    return code;
  } catch (error) {
    io.stderr(`${(error as Error).message}\n`);
    return starting.signal.aborted ? 0 : 1;
  } finally {
    stop();
    manager.close();
  }
}

/** Discovery is there before the clusters ask for their names, and until they are gone. */
async function withDiscovery(
  args: ParsedArguments,
  io: Io,
  clusters: () => readonly DnsCluster[] | undefined,
  serveAll: () => Promise<number>,
): Promise<number> {
  let discovery: Awaited<ReturnType<typeof createDiscovery>>;
  try {
    const options = await withTypedServices(discoveryOptions(args, io), io);
    if (options === undefined) return 1;
    discovery = await createDiscovery({ ...options, clusters });
  } catch (error) {
    io.stderr(`envoy3: ${(error as Error).message}\n`);
    return 1;
  }
  try {
    return await serveAll();
  } finally {
    await discovery.close();
  }
}

/** `envoy3 serve`: the bundled runtime, or real Envoy, on one file. */
export const serve: Command = {
  name: 'serve',
  summary: 'run the proxy on an envoy3.yaml',
  usage: '-c FILE [OPTIONS]',
  description:
    "Runs the bundled runtime with Envoy's own flags. FILE is watched: a change is validated and put in force without\ndropping a request; a bad change is reported and the old configuration goes on. SIGTERM drains, SIGINT ends at once.",
  options: {
    'config-path': { type: 'string', short: 'c', value: 'FILE', description: 'the bootstrap' },
    'config-yaml': { type: 'string', value: 'YAML', description: 'the bootstrap as text' },
    mode: { type: 'string', choices: ['serve', 'validate'], description: 'validate: judge the file and end' },
    engine: {
      type: 'string',
      choices: ['runtime', 'envoy'],
      description:
        'envoy: real Envoy (ENVOY_BIN, else envoy on the PATH), restarted hot at a change of FILE or SIGHUP',
    },
    discovery: {
      type: 'boolean',
      description: 'run the discovery module as well: HTTP on 127.0.0.1:8500, DNS on 127.0.0.1:8600',
    },
    services: { type: 'string', value: 'FILE', description: 'discovery: service definitions' },
    'config-dir': { type: 'string', value: 'DIR', description: 'discovery: folder of service definitions' },
    'data-dir': { type: 'string', value: 'DIR', description: 'discovery: keep what is registered there' },
    'http-port': { type: 'string', value: 'PORT', description: 'discovery: of its HTTP API (default 8500)' },
    'dns-port': { type: 'string', value: 'PORT', description: 'discovery: of its DNS (default 8600)' },
    'no-watch': { type: 'boolean', description: 'do not reload when the file changes' },
    rollback: {
      type: 'boolean',
      description:
        'keep the last five configurations; POST /config/rollback of the admin interface goes back',
    },
    concurrency: {
      type: 'string',
      value: 'N',
      description: 'processes that serve (default 1: limits are exact then)',
    },
    'log-level': {
      type: 'string',
      short: 'l',
      choices: logLevels,
      description: 'application log (default info)',
    },
    'service-node': { type: 'string', value: 'ID', description: 'node.id, when the bootstrap has none' },
    'service-cluster': {
      type: 'string',
      value: 'NAME',
      description: 'node.cluster, when the bootstrap has none',
    },
    'drain-time-s': {
      type: 'string',
      value: 'N',
      description: 'seconds for connections to end (default 600)',
    },
    'service-zone': { type: 'string', value: 'ZONE', description: 'shown by /server_info' },
    'restart-epoch': {
      type: 'string',
      value: 'N',
      description: 'shown by /server_info; the runtime changes in one process instead',
    },
    'log-format': {
      type: 'string',
      value: 'FORMAT',
      description: 'line of the application log, in the syntax of spdlog',
    },
    'log-path': { type: 'string', value: 'FILE', description: 'file of the application log' },
    'admin-address-path': {
      type: 'string',
      value: 'FILE',
      description: 'file that the address of the admin interface is written to',
    },
    'component-log-level': {
      type: 'string',
      value: 'NAME:LEVEL,...',
      description: 'levels of single loggers',
    },
    'file-flush-interval-msec': {
      type: 'string',
      value: 'N',
      description: 'milliseconds between the writes of access logs (default 10000)',
    },
    ...Object.fromEntries(
      acceptedWithValue.map((name) => [name, { type: 'string' as const, description: noEffect }]),
    ),
    ...Object.fromEntries(
      accepted.map((name) => [name, { type: 'boolean' as const, description: noEffect }]),
    ),
  },
  maxPositionals: 0,
  examples: [
    ['envoy3 serve -c envoy3.yaml', 'serves and reloads'],
    ['envoy3 serve -c envoy3.yaml --discovery', 'with services that register on port 8500'],
    ['envoy3 serve -c envoy3.yaml --mode validate', 'says what the runtime thinks of it'],
    ['envoy3 serve -c envoy3.yaml --engine envoy', 'the same file on real Envoy'],
  ],
  async run(args, io) {
    const options = serverOptions(args, io);
    const isValidating = options.mode === 'validate';
    let server: Server | undefined;
    const tell = (running: Server | undefined): void => {
      server = running;
    };
    const isEnvoy = textOption(args, 'engine') === 'envoy';
    const serveAll = (): Promise<number> =>
      isEnvoy ? runEnvoy(args, io) : isValidating ? validate(options, args, io) : run(options, io, tell);
    if (args.values.discovery !== true || isValidating) return serveAll();
    const clusters =
      isEnvoy && options.configPath !== undefined
        ? clustersOfFile(options.configPath)
        : () => (server === undefined ? undefined : dnsClustersOf(server.bootstrap));
    return withDiscovery(args, io, clusters, serveAll);
  },
};
