/**
 * The README of the consul-mesh project run to the letter, on free ports, by either engine.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, processesOf, ProjectProcess } from './project-process.js';
import type { ReadmeStep } from './readme-session.js';
import { keepsPromise, ReadmeSession, readmeSteps } from './readme-session.js';

/** Ports as the README has them, by the variables that change them. */
const usualPorts = {
  MESH_PORT: '8888',
  ADMIN_PORT: '9901',
  SECOND_MESH_PORT: '8889',
  SECOND_ADMIN_PORT: '9902',
  DISCOVERY_HTTP_PORT: '8500',
  DISCOVERY_DNS_PORT: '8600',
  STATSD_PORT: '8125',
  ORDERS_PORT: '5100',
  USERS_PORT: '5200',
  PAYMENTS_PORT: '5300',
} as const;
const variables = Object.keys(usualPorts) as (keyof typeof usualPorts)[];

export interface ReadmeRun {
  readonly steps: readonly (ReadmeStep & { readonly output: string; readonly kept: boolean })[];
  /** Exit code of `npm start` after a signal. */
  readonly code: number | null;
  /** What it said. */
  readonly said: string;
  /** Ids of processes that it left behind. */
  readonly left: readonly string[];
}

/**
 * Lays the project down by `envoy3 init`, starts it, runs all commands up to the first one that does not keep its promise,
 * and ends it.
 * @param engine variables for `npm start`: `ENGINE`, `ENVOY_BIN`
 */
export async function runMeshReadme(
  root: string,
  engine: Readonly<Record<string, string>>,
): Promise<ReadmeRun> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-consul-mesh-'));
  const cli = join(root, 'cli', 'envoy3.mjs');
  execFileSync(process.execPath, [cli, 'init', folder, '--template', 'consul-mesh'], { stdio: 'ignore' });
  const ports = await freePorts(variables);
  const markdown = readFileSync(join(folder, 'README.md'), 'utf8').replace(
    /(\b127(?:\.\d+){3}:)(\d+)/g,
    (usual, host: string, port: string) => {
      const name = variables.find((one) => usualPorts[one] === port);
      return name === undefined ? usual : `${host}${ports[name]}`;
    },
  );
  const agent = { CONSUL_HTTP_ADDR: `127.0.0.1:${ports.DISCOVERY_HTTP_PORT}` };
  const env = { ...process.env, ...ports, ...agent, ...engine };
  const node = new ProjectProcess(folder, env);
  const session = new ReadmeSession(folder, env);
  const steps: (ReadmeStep & { output: string; kept: boolean })[] = [];
  try {
    await node.says('Ctrl-C ends all of it.');
    for (const step of readmeSteps(markdown)) {
      let output = await session.run(step.command);
      // What is written in batches comes a moment later, as the page says.
      for (let turn = 0; turn < 50 && /^(?:grep|tail) /.test(step.command); turn++) {
        if (keepsPromise(output, step)) break;
        output = await session.run(`sleep 0.1; ${step.command}`);
      }
      const kept = keepsPromise(output, step);
      steps.push({ ...step, output, kept });
      if (!kept) break;
    }
    node.child.kill('SIGTERM');
    const code = await node.ended;
    return { steps, code, said: node.output, left: processesOf(folder) };
  } finally {
    node.child.kill('SIGKILL');
    session.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
