import type { RouteOutcome, RouteTestRequest } from '../../compiler/tools.js';
import { parseRequestLine, pathText, RouteSimulator } from '../../compiler/tools.js';
import { numberOption, textOption } from '../arguments.js';
import type { Command, ParsedArguments } from '../command.js';
import { UsageError } from '../command.js';
import { loadConfiguration } from '../support/load-configuration.js';
import { printDiagnostics } from '../support/print-diagnostics.js';

function requestOf(args: ParsedArguments): RouteTestRequest {
  const [first, second] = args.positionals;
  if (first === undefined) throw new UsageError('name a URL: envoy3 route http://example.com/path');
  let request: RouteTestRequest;
  try {
    request = parseRequestLine(second === undefined ? first : `${first.toUpperCase()} ${second}`);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const headers = (args.lists?.header ?? []).map((line) => {
    const colon = line.indexOf(':', 1);
    if (colon < 0) throw new UsageError(`'${line}' is not of the form 'name: value'`);
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const host = headers.find(([name]) => name === 'host')?.[1];
  return {
    ...request,
    authority: host ?? request.authority,
    headers: headers.filter(([name]) => name !== 'host'),
    listener: textOption(args, 'listener'),
    random: numberOption(args, 'random', 0, 2 ** 32 - 1) ?? 0,
  };
}

function seconds(ms: number): string {
  return ms === 0 ? 'none' : `${ms / 1000}s`;
}

function* outcomeLines(
  outcome: RouteOutcome,
  request: RouteTestRequest,
): Generator<readonly [string, string]> {
  const { place } = outcome;
  if (outcome.listener !== '') yield ['listener', outcome.listener];
  if (outcome.filterChain !== '') yield ['filter chain', outcome.filterChain];
  if (outcome.virtualHost !== '') yield ['virtual host', outcome.virtualHost];
  if (place !== undefined) {
    const at = pathText([...place.configPath, 'virtual_hosts', place.virtualHost, 'routes', place.route]);
    yield ['route', outcome.route === '' ? at : `${outcome.route} (${at})`];
  }
  switch (outcome.kind) {
    case 'cluster':
      yield [
        'cluster',
        outcome.cluster === '' ? 'none: the header that names it is absent' : outcome.cluster,
      ];
      if (outcome.path !== request.path) yield ['path', outcome.path];
      if (outcome.host !== request.authority) yield ['host', outcome.host];
      if (outcome.timeoutMs !== undefined) yield ['timeout', seconds(outcome.timeoutMs)];
      break;
    case 'unknown':
      yield ['unknown', outcome.problem ?? ''];
      break;
    default:
      yield ['answer', String(outcome.status)];
      if (outcome.location !== '') yield ['location', outcome.location];
      if (outcome.body !== '') yield ['body', JSON.stringify(outcome.body)];
  }
}

/** `envoy3 route URL`: what serves this? */
export const route: Command = {
  name: 'route',
  summary: 'tell what serves a URL, and why',
  usage: '[METHOD] URL [-H LINE]... [-c FILE]',
  description:
    'Puts one request to a configuration and tells which listener, virtual host, route and cluster take it. The exit code\nis 1 when no route does.',
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      description: 'configuration (default envoy3.config.ts)',
    },
    header: {
      type: 'string',
      short: 'H',
      value: 'LINE',
      multiple: true,
      description: "a header, 'name: value'; may be repeated",
    },
    listener: {
      type: 'string',
      value: 'NAME',
      description: 'listener, where the port of the URL does not tell',
    },
    random: {
      type: 'string',
      value: 'N',
      description: 'number that chooses among weighted clusters (default 0)',
    },
    trace: { type: 'boolean', description: 'tell of each route before it why it lost' },
    format: { type: 'string', choices: ['text', 'json'], description: 'default text' },
  },
  maxPositionals: 2,
  examples: [
    ['envoy3 route http://example.com/api', 'a GET'],
    [
      "envoy3 route POST https://example.com/api -H 'x-canary: 1' --trace",
      'with a header, and why other routes lost',
    ],
    ['envoy3 route http://example.com/ -c http://127.0.0.1:9901', 'of a running proxy'],
  ],
  async run(args, io) {
    const request = requestOf(args);
    const loaded = await loadConfiguration(textOption(args, 'config') ?? 'envoy3.config.ts', io);
    if (loaded.errors.length > 0) {
      await printDiagnostics(loaded.errors, undefined, io);
      return 1;
    }
    const simulator =
      loaded.kind === 'bootstrap'
        ? RouteSimulator.ofBootstrap(loaded.value)
        : RouteSimulator.ofRouteConfiguration(loaded.value);
    const outcome = simulator.simulate(request);
    if (textOption(args, 'format') === 'json') io.stdout(`${JSON.stringify(outcome)}\n`);
    else {
      for (const [name, value] of outcomeLines(outcome, request)) io.stdout(`${name.padEnd(13)} ${value}\n`);
      if (args.values.trace === true || outcome.kind === 'no_route') {
        for (const line of outcome.trace) io.stdout(`  ${line}\n`);
      }
    }
    return outcome.kind === 'no_route' || outcome.kind === 'unknown' ? 1 : 0;
  },
};
