import { resolve } from 'node:path';
import { createServer } from '../../runtime/index.js';
import { numberOption, textOption } from '../arguments.js';
import type { Command, Io, ParsedArguments } from '../command.js';
import { UsageError } from '../command.js';
import { packageVersion } from '../support/package.js';
import { runEnvoy } from '../support/run-envoy.js';

const logLevels = ['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off'] as const;

/** Envoy's own flags that change nothing here, so that unit files written for Envoy work as they are. */
const accepted = ['use-dynamic-base-id', 'disable-hot-restart', 'enable-fine-grain-logging'] as const;
const acceptedWithValue = [
  'base-id',
  'restart-epoch',
  'parent-shutdown-time-s',
  'drain-strategy',
  'service-zone',
] as const;
const noEffect = 'taken for the sake of unit files; no effect here';

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

function serverOptions(args: ParsedArguments, io: Io) {
  const path = textOption(args, 'config-path');
  const text = textOption(args, 'config-yaml');
  if (path === undefined && text === undefined) throw new UsageError('name a configuration: -c envoy3.yaml');
  if (path !== undefined && text !== undefined) {
    throw new UsageError("give '--config-path' or '--config-yaml': merging both needs real Envoy");
  }
  const level = textOption(args, 'log-level') ?? 'info';
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
    watch: args.values['no-watch'] !== true,
    mode: (textOption(args, 'mode') ?? 'serve') as 'serve' | 'validate',
  };
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
      description: 'envoy: real Envoy (ENVOY_BIN, else envoy on the PATH)',
    },
    'no-watch': { type: 'boolean', description: 'do not reload when the file changes' },
    concurrency: {
      type: 'string',
      value: 'N',
      description: 'worker threads; the bundled runtime has one for now',
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
    ['envoy3 serve -c envoy3.yaml --mode validate', 'says what the runtime thinks of it'],
    ['envoy3 serve -c envoy3.yaml --engine envoy', 'the same file on real Envoy'],
  ],
  async run(args, io) {
    const options = serverOptions(args, io);
    if (textOption(args, 'engine') === 'envoy') return runEnvoy(args, io);
    const server = await createServer(options).catch((error: Error) => {
      io.stderr(`${error.message}\n`);
      return undefined;
    });
    if (server === undefined) return 1;
    if (options.mode === 'validate') {
      io.stdout(`configuration '${textOption(args, 'config-path') ?? '<yaml>'}' OK\n`);
      await server.shutdown();
      return 0;
    }
    const reopen = (): void => void server.reopenLogs();
    const ignore = (): void =>
      io.stderr('envoy3: SIGHUP does nothing here: changes of the file are loaded by themselves\n');
    process.on('SIGUSR1', reopen).on('SIGHUP', ignore);
    const stop = io.onSignal(
      (signal) => void (signal === 'SIGTERM' ? server.drainAndShutdown() : server.shutdown()),
    );
    const code = await server.closed;
    process.off('SIGUSR1', reopen).off('SIGHUP', ignore);
    stop();
    return code;
  },
};
