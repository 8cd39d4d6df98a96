import { resolve } from 'node:path';
import { nearName } from '../../dsl/api/index.js';
import { textOption } from '../arguments.js';
import type { Command, Io, ParsedArguments } from '../command.js';
import { UsageError } from '../command.js';
import { configurationFacts } from '../deploy/configuration-facts.js';
import { deploySettings, readSettings } from '../deploy/deploy-settings.js';
import type { DeployTarget, Engine } from '../deploy/deploy-target.js';
import { deployTargets } from '../deploy/deploy-targets.js';
import { pathsOf, renderTarget } from '../deploy/render-target.js';
import { shipConfiguration } from '../deploy/ship-configuration.js';
import { unseenFiles } from '../deploy/unseen-files.js';
import type { Drift } from '../deploy/write-files.js';
import { findDrift, writeFiles } from '../deploy/write-files.js';

/** @throws UsageError */
function targetOf(name: string | undefined): DeployTarget {
  const names = deployTargets.map((one) => one.name);
  const found = deployTargets.find((one) => one.name === name);
  if (found !== undefined) return found;
  if (name === undefined) throw new UsageError(`name a target: ${names.join(', ')}`);
  const near = nearName(name, names);
  throw new UsageError(
    `there is no target '${name}'${near === undefined ? `; there are: ${names.join(', ')}` : `; did you mean '${near}'?`}`,
  );
}

/** Two columns: targets, or settings with their defaults. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}\n`).join('');
}

function listing(engine: Engine): string {
  const defaults = readSettings([], engine);
  const settings = Object.entries(deploySettings).map(([name, { description }]) => {
    const value = defaults[name];
    return [name, `${description}${value === undefined ? '' : ` (${value})`}`] as const;
  });
  const targets = deployTargets.map(({ name, summary }) => [name, summary] as const);
  return `${columns(targets)}\nSettings, for --set:\n${columns(settings)}`;
}

const words: Readonly<Record<Drift['kind'], string>> = {
  missing: 'is missing',
  differs: 'differs',
  mode: 'is not executable',
  'left over': 'is left over',
};

/** `envoy3.service: differs, line 12`, with both lines under it. */
function driftText({ kind, line, path }: Drift): string {
  if (line === undefined) return `${path}: ${words[kind]}\n`;
  const shown = [
    ['-', line.found],
    ['+', line.wanted],
  ].flatMap(([sign, text]) => (text === undefined ? [] : [`  ${sign} ${text}\n`]));
  return `${path}: ${words[kind]}, line ${line.number}\n${shown.join('')}`;
}

const done: Readonly<Record<Drift['kind'], string>> = {
  missing: 'written',
  differs: 'written',
  mode: 'made executable',
  'left over': 'removed',
};

async function deployTo(
  folder: string,
  target: DeployTarget,
  args: ParsedArguments,
  io: Io,
): Promise<number> {
  const engine = (textOption(args, 'engine') ?? 'bundled') as Engine;
  const settings = readSettings(args.lists?.set ?? [], engine);
  const path = textOption(args, 'config') ?? 'envoy3.config.ts';
  const configuration = target.needsConfiguration ? await shipConfiguration(path, io) : undefined;
  if (target.needsConfiguration && configuration === undefined) return 1;
  for (const warning of unseenFiles(target, configurationFacts(configuration?.bootstrap))) {
    io.stderr(`envoy3: warning: ${warning}\n`);
  }
  const files = renderTarget({ target, engine, settings, configuration });
  const possible = pathsOf(target, settings);
  const root = resolve(io.cwd, folder);
  if (args.values.check === true) {
    const drifts = findDrift(root, files, possible);
    io.stdout(drifts.map(driftText).join(''));
    return drifts.length === 0 ? 0 : 1;
  }
  const changes = writeFiles(root, files, possible, args.values.force === true);
  for (const { kind, path: changed } of changes) io.stderr(`envoy3: ${changed} ${done[kind]}\n`);
  if (changes.length === 0) io.stderr(`envoy3: ${folder} is up to date\n`);
  return 0;
}

/** `envoy3 deploy`: files for those who bring it to machines. */
export const deploy: Command = {
  name: 'deploy',
  summary: 'write files for Ansible, Chef, Puppet, systemd, containers, CI and others',
  usage: 'TARGET -o DIR [-c CONFIGURATION] [--engine bundled|envoy] [--set NAME=VALUE]...',
  description:
    'Writes what brings a configuration to machines and keeps it running there. The configuration is checked first; its\nports, its admin interface and its logs are what the files are made of. The same inputs give the same octets. A file\nthat deploy did not write is left alone. --list tells targets and settings.',
  options: {
    output: { type: 'string', short: 'o', value: 'DIR', description: 'folder to write into' },
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      description: "module, YAML or JSON; '-' is standard input (default envoy3.config.ts)",
    },
    engine: {
      type: 'string',
      choices: ['bundled', 'envoy'],
      description: 'what serves: the bundled runtime (default), or real Envoy',
    },
    set: { type: 'string', value: 'NAME=VALUE', multiple: true, description: 'a setting; may be repeated' },
    check: {
      type: 'boolean',
      description: 'write nothing, tell what differs; exit code 1 when anything does',
    },
    force: { type: 'boolean', description: 'replace files that deploy did not write' },
    list: { type: 'boolean', description: 'print all targets and settings' },
  },
  maxPositionals: 1,
  examples: [
    ['envoy3 deploy ansible -o roles', 'the role roles/envoy3 for envoy3.config.ts'],
    ['envoy3 deploy systemd -c envoy3.yaml --engine envoy -o build', 'a unit that runs real Envoy'],
    ['envoy3 deploy ansible -o roles --check', 'in CI: has somebody edited it?'],
  ],
  async run(args, io) {
    const engine = (textOption(args, 'engine') ?? 'bundled') as Engine;
    if (args.values.list === true) {
      io.stdout(listing(engine));
      return 0;
    }
    const target = targetOf(args.positionals[0]);
    const folder = textOption(args, 'output');
    if (folder === undefined) throw new UsageError('name a folder: -o DIR');
    return deployTo(folder, target, args, io);
  },
};
