/**
 * What the command line says of discovery, alone or inside of `envoy3 serve`.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DiscoveryOptions } from '../../runtime/discovery/index.js';
import { consulDnsDefaults } from '../../runtime/discovery/index.js';
import { numberOption, textOption } from '../arguments.js';
import type { Io, ParsedArguments } from '../command.js';
import { UsageError } from '../command.js';
import { clustersOfFile } from './clusters-of-file.js';
import { packageVersion } from './package.js';

type Given = Partial<{ -readonly [Name in keyof DiscoveryOptions]: DiscoveryOptions[Name] }>;

/** A comma-separated option. */
export function listOption(args: ParsedArguments, name: string): string[] | undefined {
  return textOption(args, name)
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A file of PEM or JSON text. @throws UsageError */
function fileOption(args: ParsedArguments, name: string, io: Io): string | undefined {
  const path = textOption(args, name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(resolve(io.cwd, path), 'utf8');
  } catch (error) {
    throw new UsageError(`--${name}: ${(error as Error).message}`);
  }
}

function tlsOptions(args: ParsedArguments, io: Io): Given {
  const cert = fileOption(args, 'tls-cert', io);
  const key = fileOption(args, 'tls-key', io);
  const clientCa = fileOption(args, 'tls-client-ca', io);
  if (cert === undefined && key === undefined && clientCa === undefined) return {};
  if (cert === undefined || key === undefined) throw new UsageError('--tls-cert and --tls-key go together');
  return { tls: { cert, key, ...(clientCa === undefined ? {} : { clientCa }) } };
}

function tokenOptions(args: ParsedArguments, io: Io): Given {
  const text = fileOption(args, 'tokens', io);
  if (text === undefined) return {};
  let tokens: unknown;
  try {
    tokens = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--tokens: ${(error as Error).message}`);
  }
  const isToken = (one: { secret?: unknown; scope?: unknown } | null): boolean =>
    typeof one?.secret === 'string' && (one.scope === 'read' || one.scope === 'write');
  if (!Array.isArray(tokens) || tokens.length === 0 || !tokens.every(isToken)) {
    throw new UsageError('--tokens: the file is [{"secret": "...", "scope": "read" or "write"}, ...]');
  }
  return { tokens };
}

/** @throws UsageError */
export function discoveryOptions(args: ParsedArguments, io: Io): DiscoveryOptions & { bind: string } {
  const path = (name: string): string | undefined => {
    const value = textOption(args, name);
    return value === undefined ? undefined : resolve(io.cwd, value);
  };
  const envoyConfig = path('envoy-config');
  const log = (level: string) => (text: string) => io.stderr(`envoy3: discovery: ${level}${text}\n`);
  const given: Given = {
    ...tlsOptions(args, io),
    ...tokenOptions(args, io),
    ...(envoyConfig === undefined ? {} : { clusters: clustersOfFile(envoyConfig) }),
    dns: args.values['as-consul'] === true ? consulDnsDefaults : {},
  };
  const optional = {
    servicesFile: path('services'),
    configDir: path('config-dir'),
    dataDir: path('data-dir'),
    datacenter: textOption(args, 'datacenter'),
    domain: textOption(args, 'domain'),
    node: textOption(args, 'node'),
    ttlSeconds: numberOption(args, 'ttl', 0, 86_400),
    recursors: listOption(args, 'recursors'),
    writeFrom: listOption(args, 'write-from'),
    maxQueriesPerSecond: numberOption(args, 'max-queries', 1, 1_000_000),
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== undefined) Object.assign(given, { [name]: value });
  }
  return {
    ...given,
    bind: textOption(args, 'bind') ?? '127.0.0.1',
    httpPort: numberOption(args, 'http-port', 0, 65535) ?? 8500,
    dnsPort: numberOption(args, 'dns-port', 0, 65535) ?? 8600,
    onlyPassing: args.values['only-passing'] === true,
    logQueries: args.values['log-queries'] === true,
    version: `envoy3 ${packageVersion()}`,
    logger: { info: log(''), warning: log('warning: '), error: log('error: ') },
  };
}
