import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Diagnostic, PlainLintSettings } from '../../compiler/index.js';
import { numberOption, textOption } from '../arguments.js';
import type { Command, Io, ParsedArguments } from '../command.js';
import { UsageError } from '../command.js';
import { nodeFlags, nodeOptions } from '../support/node-flags.js';
import { settingsFlags, settingsOption } from '../support/settings-options.js';
import { verdictFlags, verdictOptions } from '../support/verdict-options.js';
import { targetFlag, targetOption } from '../support/target-option.js';
import { formatOption, hasErrors, printDiagnostics } from '../support/print-diagnostics.js';

/** @throws UsageError when there is nothing, or nothing that can be reached */
function statOf(full: string, path: string): Stats {
  try {
    return statSync(full);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') throw new UsageError(`'${path}' is a link that leads back to itself`);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw new UsageError(`'${path}' cannot be read: ${message}`);
    const isLink = code === 'ENOENT' && lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    throw new UsageError(isLink ? `'${path}' is a link to nothing` : `there is no file '${path}'`);
  }
}

/** Larger ones are not read. Bytes. */
const maxSize = 64 * 1024 * 1024;

function tooLarge(file: string, size: number): Diagnostic {
  const shown = Math.round(size / 1024 / 1024);
  return {
    severity: 'error',
    code: 'E0002',
    message: `'${file}' has ${shown} MiB; more than ${maxSize / 1024 / 1024} MiB are not read`,
    help: 'name the configuration',
  };
}

/** @throws UsageError */
function readOctets(full: string, path: string): Buffer {
  try {
    return readFileSync(full);
  } catch (error) {
    throw new UsageError(`'${path}' cannot be read: ${(error as Error).message}`);
  }
}

/** A folder stands for its `envoy3.config.ts`. */
function resolveEntry(path: string, cwd: string): string {
  const full = resolve(cwd, path);
  const stat = statOf(full, path);
  if (stat.isFile()) return path;
  if (!stat.isDirectory()) throw new UsageError(`'${path}' is no regular file; use '-' for standard input`);
  if (readdirSync(full).includes('envoy3.config.ts')) return join(path, 'envoy3.config.ts');
  throw new UsageError(`the folder '${path}' has no envoy3.config.ts`);
}

/** How a module begins, behind comments. No YAML or JSON does. */
const moduleStart =
  /^(?:import|export|const|let|function|async|type|interface|class|declare)\s+[\w${*'"]|^import['"(]|^'use strict'/;

/** By the name where it tells, else by content: configurations come under any name. */
function isModule(path: string, text: string): boolean {
  if (/\.[cm]?[jt]s$/.test(path)) return true;
  if (/\.(?:ya?ml|json)$/.test(path)) return false;
  const code = text.replace(/^(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|#![^\n]*)*/, '');
  if (!moduleStart.test(code)) return false;
  throw new UsageError(`'${path}' looks like a configuration module; give it the ending .ts`);
}

interface Verdict {
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute: what it depends on. */
  readonly inputs: readonly string[];
}

/** Options that are the same for all files of one run. */
async function commonOptions(args: ParsedArguments, io: Io) {
  const preset = textOption(args, 'lint') as PlainLintSettings['extends'];
  return {
    cwd: io.cwd,
    ...nodeOptions(args),
    ...(await targetOption(args)),
    ...settingsOption(args),
    ...(await verdictOptions(args, io)),
    ...(preset === undefined ? {} : { lint: { extends: preset } }),
  };
}

type CommonOptions = Awaited<ReturnType<typeof commonOptions>>;

async function checkPath(path: string, options: CommonOptions, io: Io): Promise<Verdict> {
  if (path === '-') {
    const { checkFile } = await import('../../compiler/check-text.js');
    return { diagnostics: await checkFile(await io.stdin(), { file: '<stdin>', ...options }), inputs: [] };
  }
  const entry = resolveEntry(path, io.cwd);
  const full = resolve(io.cwd, entry);
  const { size } = statSync(full);
  if (size > maxSize) return { diagnostics: [tooLarge(entry, size)], inputs: [full] };
  const octets = readOctets(full, entry);
  const text = octets.toString('utf8');
  if (!isModule(entry, text)) {
    const { checkFile } = await import('../../compiler/check-text.js');
    return {
      diagnostics: await checkFile(text, { file: entry, invalidUtf8: !isUtf8(octets), ...options }),
      inputs: [full],
    };
  }
  const { compile } = await import('../../compiler/compile.js');
  return compile({ entry, ...options });
}

async function checkAll(args: ParsedArguments, io: Io): Promise<Verdict> {
  const paths = args.positionals.length === 0 ? ['envoy3.config.ts'] : args.positionals;
  const options = await commonOptions(args, io);
  const diagnostics: Diagnostic[] = [];
  const inputs = new Set<string>();
  for (const path of paths) {
    const verdict = await checkPath(path, options, io);
    diagnostics.push(...verdict.diagnostics);
    for (const input of verdict.inputs) inputs.add(input);
  }
  return { diagnostics, inputs: [...inputs] };
}

/** A fix may uncover the next mistake. */
const maxFixRounds = 10;

async function fixAll(args: ParsedArguments, io: Io): Promise<Verdict> {
  const { fixFiles } = await import('../support/fix-files.js');
  let verdict = await checkAll(args, io);
  let made = 0;
  for (let round = 0; round < maxFixRounds; round++) {
    const count = fixFiles(verdict.diagnostics, io.cwd);
    if (count === 0) break;
    made += count;
    verdict = await checkAll(args, io);
  }
  if (made > 0) io.stderr(`envoy3: ${made} ${made === 1 ? 'change' : 'changes'} made\n`);
  return verdict;
}

/** 1 with errors, or with more warnings than are allowed. */
function exitCode(diagnostics: readonly Diagnostic[], maxWarnings: number | undefined): number {
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning').length;
  return hasErrors(diagnostics) || (maxWarnings !== undefined && warnings > maxWarnings) ? 1 : 0;
}

/** `envoy3 check`: the verdict. Writes nothing unless asked to, opens no port, resolves no name. */
export const check: Command = {
  name: 'check',
  summary: 'tell what is wrong with configurations, without writing anything',
  usage: '[PATH...]',
  description:
    "Checks configuration modules, and bootstraps in YAML or JSON, told apart by content; '-' is standard input. Without\nPATH it checks envoy3.config.ts. All findings are printed; the exit code is 1 when one of them is an error.",
  options: {
    quiet: { type: 'boolean', short: 'q', description: 'print errors only' },
    format: formatOption,
    fix: { type: 'boolean', description: 'make the changes that cannot be wrong, then check again' },
    watch: { type: 'boolean', short: 'w', description: 'check again whenever a file changes' },
    lint: {
      type: 'string',
      choices: ['none', 'recommended', 'all'],
      description: 'these lint rules, whatever the settings say',
    },
    'max-warnings': { type: 'string', value: 'N', description: 'exit with 1 when there are more warnings' },
    ...settingsFlags,
    'update-baseline': {
      type: 'boolean',
      description: 'write all lint findings into the baseline that the settings name',
    },
    ...targetFlag,
    ...verdictFlags,
    ...nodeFlags,
  },
  maxPositionals: Number.POSITIVE_INFINITY,
  examples: [
    ['envoy3 check', 'envoy3.config.ts'],
    ['envoy3 check /etc/envoy/*.yaml', 'files for real Envoy'],
    ['render.sh | envoy3 check - --format json', 'a template that was just rendered'],
    ['envoy3 check --format sarif > envoy3.sarif', 'for code scanning'],
    ['envoy3 check --with-files --with-envoy', 'on the machine that it is for'],
  ],
  async run(args, io) {
    const maxWarnings = numberOption(args, 'max-warnings', 0, 1_000_000);
    const once = async (): Promise<Verdict> => {
      const verdict = args.values.fix === true ? await fixAll(args, io) : await checkAll(args, io);
      const shown =
        args.values.quiet === true
          ? verdict.diagnostics.filter(({ severity }) => severity === 'error')
          : verdict.diagnostics;
      await printDiagnostics(shown, textOption(args, 'format'), io);
      return verdict;
    };
    if (args.values['update-baseline'] === true) {
      const { updateBaseline } = await import('../support/update-baseline.js');
      return updateBaseline(textOption(args, 'settings'), io, async (settings) => {
        const values = { ...args.values, settings };
        return (await checkAll({ ...args, values }, io)).diagnostics;
      });
    }
    if (args.values.watch !== true) return exitCode((await once()).diagnostics, maxWarnings);
    const { watchFiles } = await import('../support/watch-files.js');
    return watchFiles(async () => {
      const { diagnostics, inputs } = await once();
      if (diagnostics.length === 0) io.stderr('envoy3: nothing found\n');
      io.stderr(`envoy3: watching ${inputs.length} ${inputs.length === 1 ? 'file' : 'files'}\n`);
      return inputs;
    }, io);
  },
};
