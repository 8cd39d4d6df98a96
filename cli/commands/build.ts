import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { CompileResult, Diagnostic } from '../../compiler/index.js';
import {
  compile,
  emitSplit,
  isUpToDate,
  outputHeader,
  splitLayout,
  writeOutput,
} from '../../compiler/index.js';
import { textOption } from '../arguments.js';
import type { Command, Io, ParsedArguments } from '../command.js';
import { UsageError } from '../command.js';
import { nodeFlags, nodeOptions } from '../support/node-flags.js';
import { packageVersion } from '../support/package.js';
import { settingsFlags, settingsOption } from '../support/settings-options.js';
import { targetFlag, targetOption } from '../support/target-option.js';
import { formatOption, hasErrors, printDiagnostics } from '../support/print-diagnostics.js';

/** One file to write, or standard output. */
interface Output {
  /** As the user named it; `-` for standard output. */
  readonly name: string;
  /** First line, `''` where the format has no comments. */
  readonly header: string;
  readonly body: string;
}

/** `a.yaml` -> `a.prod.yaml`. */
function withEnvironment(path: string, environment: string): string {
  const match = /^(.*?)(\.[^./\\]+)$/.exec(path);
  return match === null ? `${path}.${environment}` : `${match[1]}.${environment}${match[2]}`;
}

/** The overlay of an environment, where there is one beside the entry: `envoy3.config.prod.ts`. */
function entryFor(entry: string, environment: string | undefined, cwd: string): string {
  if (environment === undefined) return entry;
  const overlay = withEnvironment(entry, environment);
  return existsSync(resolve(cwd, overlay)) ? overlay : entry;
}

interface Build {
  readonly environment: string | undefined;
  readonly entry: string;
  readonly output: string;
  readonly result: CompileResult;
}

async function compileFor(
  environment: string | undefined,
  { entry: given, output }: { readonly entry: string; readonly output: string },
  args: ParsedArguments,
  io: Io,
): Promise<Build> {
  const entry = entryFor(given, environment, io.cwd);
  const env = environment === undefined ? io.env : { ...io.env, ENVOY3_ENV: environment };
  const options = { ...nodeOptions(args), ...settingsOption(args), ...(await targetOption(args)) };
  const result = await compile({ entry, cwd: io.cwd, env, ...options });
  return { environment, entry, output, result };
}

function outputsOf(
  { entry, environment, output, result }: Build,
  args: ParsedArguments,
  cwd: string,
): Output[] {
  const { bootstrap, inputs, yaml = '' } = result;
  const header = outputHeader({ version: packageVersion(), entry: resolve(cwd, entry), inputs, environment });
  if (args.values.layout === 'split') {
    const folder = dirname(output);
    const served = (textOption(args, 'served-from') ?? folder).replace(/(?<=.)\/+$/, '');
    const layout = splitLayout(bootstrap as Readonly<Record<string, unknown>>, served);
    return emitSplit(layout, basename(output)).map(([name, body]) => ({
      name: join(folder, name),
      header,
      body,
    }));
  }
  if (/\.json$/.test(output)) {
    return [{ name: output, header: '', body: `${JSON.stringify(bootstrap, null, 2)}\n` }];
  }
  return [{ name: output, header, body: yaml }];
}

function write({ body, header, name }: Output, io: Io): void {
  if (name === '-') {
    io.stdout(header + body);
    return;
  }
  const path = resolve(io.cwd, name);
  if (isUpToDate(path, body)) {
    io.stderr(`envoy3: ${name} is up to date\n`);
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeOutput(path, header + body);
  io.stderr(`envoy3: ${name} written\n`);
}

/** Equal findings of several environments are told once. */
function once(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((one) => [JSON.stringify(one), one])).values()];
}

/** `envoy3 build`: one configuration module -> one file, or several. Nothing is written when there are errors. */
export const build: Command = {
  name: 'build',
  summary: 'compile a configuration into envoy3.yaml',
  usage: '[ENTRY] [-o FILE] [--env NAME]...',
  description:
    'Type-checks, evaluates, checks and lints ENTRY (default envoy3.config.ts) and writes the bootstrap that its default\nexport is. With errors nothing is written; an output that is equal already is left untouched.\n\nWith --env, the overlay beside the entry is compiled when there is one (envoy3.config.prod.ts for --env prod), else the\nentry itself, and environment() tells the name. Several environments give a file each: envoy3.prod.yaml.',
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: "output (default envoy3.yaml; '-' is standard output; *.json writes JSON)",
    },
    env: {
      type: 'string',
      value: 'NAME',
      multiple: true,
      description: 'environment to build; may be repeated',
    },
    layout: {
      type: 'string',
      choices: ['single', 'split'],
      description:
        'split: lds.yaml and cds.yaml beside the bootstrap, which real Envoy reloads (default single)',
    },
    'served-from': {
      type: 'string',
      value: 'DIR',
      description: 'folder in which Envoy finds the files of --layout split (default: that of the output)',
    },
    format: formatOption,
    ...settingsFlags,
    ...targetFlag,
    ...nodeFlags,
  },
  maxPositionals: 1,
  examples: [
    ['envoy3 build', 'envoy3.config.ts -> envoy3.yaml'],
    ['envoy3 build edge.ts -o /etc/envoy/envoy.yaml', 'replaces the file in one step'],
    ['envoy3 build --env dev --env prod', 'envoy3.dev.yaml and envoy3.prod.yaml'],
    [
      'envoy3 build --layout split -o out/envoy.yaml --served-from /etc/envoy',
      'for hot reload by real Envoy',
    ],
    ['envoy3 build -o - | envoy --mode validate -c /dev/stdin', 'asks real Envoy'],
  ],
  async run(args, io) {
    const entry = args.positionals[0] ?? 'envoy3.config.ts';
    const output = textOption(args, 'output') ?? 'envoy3.yaml';
    const environments = [...new Set(args.lists?.env ?? [])];
    const odd = environments.find((name) => !/^[\w-]+$/.test(name));
    if (odd !== undefined)
      throw new UsageError(`'${odd}' is no name of an environment: letters, digits, - and _`);
    if (output === '-' && environments.length > 1)
      throw new UsageError('several environments need a file each');
    if (output === '-' && args.values.layout === 'split')
      throw new UsageError('--layout split writes several files');
    const targets = environments.length === 0 ? [undefined] : environments;
    const builds: Build[] = [];
    for (const target of targets) {
      const named = targets.length > 1 && target !== undefined ? withEnvironment(output, target) : output;
      const folder = args.values.layout === 'split' && targets.length > 1 && target !== undefined;
      // Files of two environments cannot lie in one folder under one name.
      const path = folder ? join(dirname(output), target, basename(output)) : named;
      builds.push(await compileFor(target, { entry, output: path }, args, io));
    }
    const diagnostics = once(builds.flatMap(({ result }) => result.diagnostics));
    await printDiagnostics(diagnostics, textOption(args, 'format'), io);
    if (hasErrors(diagnostics) || builds.some(({ result }) => result.yaml === undefined)) return 1;
    for (const one of builds.flatMap((made) => outputsOf(made, args, io.cwd))) {
      try {
        write(one, io);
      } catch (error) {
        io.stderr(`envoy3: ${one.name} could not be written: ${(error as Error).message}\n`);
        return 1;
      }
    }
    return 0;
  },
};
