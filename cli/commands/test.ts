import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Diagnostic, SourceLocation } from '../../compiler/index.js';
import type { RouteCoverage, RoutePlace, RouteTestResult } from '../../compiler/tools.js';
import { routeCoverage, RouteSimulator, runRouteTests } from '../../compiler/tools.js';
import { numberOption, textOption } from '../arguments.js';
import type { Command, Io, ParsedArguments } from '../command.js';
import { UsageError } from '../command.js';
import { loadConfiguration } from '../support/load-configuration.js';
import { printDiagnostics } from '../support/print-diagnostics.js';
import type { Replayed } from '../support/replay-on-envoy.js';
import type { RouteTestFile } from '../support/route-test-files.js';
import { findRouteTests, loadRouteTests } from '../support/route-test-files.js';

/** Tests of some files against one configuration. */
interface Group {
  readonly config: string;
  readonly simulator: RouteSimulator;
  readonly results: readonly Located[];
  readonly coverage: RouteCoverage;
  readonly replayed: readonly Replayed[];
}

interface Located {
  readonly file: string;
  readonly result: RouteTestResult;
  readonly location?: SourceLocation;
}

function filesOf(args: ParsedArguments, io: Io): string[] {
  if (args.positionals.length === 0) {
    const found = findRouteTests(io.cwd);
    if (found.length === 0)
      throw new UsageError('there is no *.routes.ts, *.routes.yaml or *.routes.json here');
    return found;
  }
  return args.positionals.flatMap((path) => {
    const full = resolve(io.cwd, path);
    if (!existsSync(full)) throw new UsageError(`there is no file '${path}'`);
    if (!statSync(full).isDirectory()) return [path];
    return findRouteTests(full).map((one) => `${path.replace(/\/$/, '')}/${one}`);
  });
}

async function runFile(file: RouteTestFile, simulator: RouteSimulator): Promise<Located[]> {
  const results = runRouteTests(simulator, file.tests);
  const failed = results.filter(({ mismatches }) => mismatches.length > 0);
  const places = await file.locate(failed.map(({ test }) => test.path));
  return results.map((result) => {
    const location = places[failed.indexOf(result)];
    return { file: file.file, result, ...(location === undefined ? {} : { location }) };
  });
}

function failureText({ file, location, result }: Located): string {
  const { mismatches, outcome, test } = result;
  const { authority, method, path, scheme } = test.request;
  const at = location === undefined ? file : `${location.file}:${location.line}:${location.column}`;
  const where = [outcome.listener, outcome.virtualHost].filter((name) => name !== '').join(' > ');
  return [
    `FAIL ${test.name}\n`,
    `  at ${at}\n`,
    `  ${method} ${scheme}://${authority}${path}\n`,
    ...mismatches.map(({ actual, expected, field }) => `  ${field}: expected ${expected}, got ${actual}\n`),
    where === '' ? '' : `  through ${where}\n`,
    ...outcome.trace.map((line) => `    ${line}\n`),
  ].join('');
}

function replayText({ mismatches, result }: Replayed): string {
  return [
    `DIFFERS ${result.test.name}\n`,
    ...mismatches.map(
      ({ actual, expected, field }) => `  ${field}: envoy3 says '${expected}', Envoy '${actual}'\n`,
    ),
  ].join('');
}

function coverageText({ config, coverage }: Group, withMissing: boolean): string {
  const { covered, missing, percent, total } = coverage;
  const lines = withMissing ? missing.map((line) => `  no test: ${line}\n`) : [];
  return `coverage of ${config}: ${percent.toFixed(1)} % (${covered} of ${total} routes)\n${lines.join('')}`;
}

function jsonText(groups: readonly Group[]): string {
  const report = groups.map(({ config, coverage, replayed, results }) => ({
    config,
    coverage,
    tests: results.map(({ file, location, result: { mismatches, outcome, test } }) => ({
      name: test.name,
      file,
      ...(location === undefined ? {} : { location }),
      passed: mismatches.length === 0,
      mismatches,
      outcome,
    })),
    ...(replayed.length === 0
      ? {}
      : {
          envoy: replayed.map(({ mismatches, result, skipped }) => ({
            name: result.test.name,
            ...(skipped === undefined ? { equal: mismatches.length === 0, mismatches } : { skipped }),
          })),
        }),
  }));
  return `${JSON.stringify({ version: 1, configurations: report })}\n`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

function junitText(groups: readonly Group[]): string {
  const cases = groups.flatMap(({ results }) => results);
  const failed = cases.filter(({ result }) => result.mismatches.length > 0).length;
  const lines = cases.map((one) => {
    const head = `  <testcase classname="${escapeXml(one.file)}" name="${escapeXml(one.result.test.name)}"`;
    if (one.result.mismatches.length === 0) return `${head}/>\n`;
    return `${head}><failure message="route test failed">${escapeXml(failureText(one))}</failure></testcase>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="envoy3 test" tests="${cases.length}" failures="${failed}">\n${lines.join('')}</testsuite>\n`;
}

function report(groups: readonly Group[], args: ParsedArguments, io: Io): void {
  const format = textOption(args, 'format') ?? 'text';
  if (format !== 'text') {
    io.stdout(format === 'json' ? jsonText(groups) : junitText(groups));
    return;
  }
  const all = groups.flatMap(({ results }) => results);
  const failed = all.filter(({ result }) => result.mismatches.length > 0);
  for (const one of failed) io.stdout(failureText(one));
  for (const group of groups) {
    const sent = group.replayed.filter(({ skipped }) => skipped === undefined);
    const differing = sent.filter(({ mismatches }) => mismatches.length > 0);
    for (const one of differing) io.stdout(replayText(one));
    if (group.replayed.length > 0) {
      const skipped = group.replayed.length - sent.length;
      io.stdout(
        `Envoy: ${sent.length - differing.length} of ${sent.length} answers equal, ${skipped} not replayed\n`,
      );
    }
    const wantsCoverage = args.values.coverage === true || args.values['fail-under'] !== undefined;
    if (wantsCoverage) io.stdout(coverageText(group, args.values.coverage === true));
  }
  io.stdout(`${all.length - failed.length} passed, ${failed.length} failed\n`);
}

async function runGroup(
  config: string,
  files: readonly RouteTestFile[],
  args: ParsedArguments,
  io: Io,
): Promise<Group | readonly Diagnostic[]> {
  const loaded = await loadConfiguration(config, io);
  if (loaded.errors.length > 0 || loaded.value === undefined) return loaded.errors;
  const simulator =
    loaded.kind === 'bootstrap'
      ? RouteSimulator.ofBootstrap(loaded.value)
      : RouteSimulator.ofRouteConfiguration(loaded.value);
  const results: Located[] = [];
  for (const file of files) results.push(...(await runFile(file, simulator)));
  const reached = results
    .map(({ result }) => result.outcome.place)
    .filter((place): place is RoutePlace => place !== undefined);
  let replayed: readonly Replayed[] = [];
  if (args.values.against !== undefined) {
    const { replayOnEnvoy } = await import('../support/replay-on-envoy.js');
    const all = results.map(({ result }) => result);
    replayed = await replayOnEnvoy(simulator, all, io.env.ENVOY_BIN ?? 'envoy');
  }
  return { config, simulator, results, coverage: routeCoverage(simulator.configurations, reached), replayed };
}

/** `envoy3 test`: route tests on the runtime's own matcher. */
export const test: Command = {
  name: 'test',
  summary: 'run route tests, without a proxy',
  usage: '[FILE...] [--config FILE]',
  description:
    "Puts the requests of route tests to a configuration and compares which listener, virtual host, route and cluster take\nthem, and what they make of path, host, headers and time-outs. It runs on the matcher of the bundled runtime; nothing\nlistens. FILE is a *.routes.ts, a YAML or JSON file of the same shape, or a test file of Envoy's router_check_tool;\ndefault: all *.routes.* below this folder. Filters are not run.",
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      description: 'configuration under test, where a file names none (default envoy3.config.ts)',
    },
    coverage: { type: 'boolean', description: 'tell which routes no test has reached' },
    'fail-under': { type: 'string', value: 'PERCENT', description: 'fail when fewer routes are reached' },
    against: {
      type: 'string',
      choices: ['envoy'],
      description: 'send the requests to real Envoy too ($ENVOY_BIN) and compare',
    },
    format: {
      type: 'string',
      choices: ['text', 'json', 'junit'],
      description: 'how results are printed (default text)',
    },
  },
  maxPositionals: Number.POSITIVE_INFINITY,
  examples: [
    ['envoy3 test', 'all *.routes.ts, *.routes.yaml and *.routes.json'],
    ['envoy3 test --coverage --fail-under 80', 'fails when less than 80 % of the routes are reached'],
    ['envoy3 test -c routes.yaml golden.proto.json', 'files of router_check_tool, unchanged'],
    ['envoy3 test --against envoy', 'asks real Envoy as well'],
  ],
  async run(args, io) {
    const under = numberOption(args, 'fail-under', 0, 100);
    const files: RouteTestFile[] = [];
    const errors: Diagnostic[] = [];
    try {
      for (const path of filesOf(args, io)) files.push(await loadRouteTests(path, io));
      errors.push(...files.flatMap((file) => file.errors));
      const byConfig = new Map<string, RouteTestFile[]>();
      for (const file of files) {
        const config = file.config ?? textOption(args, 'config') ?? 'envoy3.config.ts';
        byConfig.set(config, [...(byConfig.get(config) ?? []), file]);
      }
      const groups: Group[] = [];
      if (errors.length === 0) {
        for (const [config, members] of byConfig) {
          const group = await runGroup(config, members, args, io);
          if ('coverage' in group) groups.push(group);
          else errors.push(...group);
        }
      }
      await printDiagnostics(errors, undefined, io);
      if (errors.length > 0) return 1;
      report(groups, args, io);
      const failed = groups.some(
        ({ coverage, replayed, results }) =>
          results.some(({ result }) => result.mismatches.length > 0) ||
          replayed.some(({ mismatches }) => mismatches.length > 0) ||
          (under !== undefined && coverage.percent < under),
      );
      return failed ? 1 : 0;
    } finally {
      for (const file of files) file.close();
    }
  },
};
