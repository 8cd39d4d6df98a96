/**
 * The sidecar project on real Envoy and on the bundled runtime, each practice by itself and all of them together, before
 * the same services: answers, what the services saw, log lines, metrics and counters must be equal. Then the project as it
 * is, with each engine: a request under way when it is asked to end must get its answer. Traces are compared by the suite
 * `tracing-parity`, and shown by the README, which the suite `projects` follows.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { takePorts } from '../support/port-block.js';
import { get, ProjectRun, withProject } from '../support/project-run.js';
import { startSeeingService } from '../support/seeing-service.js';
import type { Engine } from './sidecar-rig.js';
import { engines, eventually, withSidecar } from './sidecar-rig.js';
import type { Step } from './sidecar-steps.js';
import { startNode, steps } from './sidecar-steps.js';

interface Context {
  readonly envoyBin: string;
  readonly root: string;
}

async function observe(step: Step, engine: Engine, folder: string, { envoyBin, root }: Context) {
  const pem = step.tlsBackends === true ? readFileSync(join(folder, 'certificate.pem'), 'utf8') : undefined;
  const [backend, canary] = [await startSeeingService('one', pem), await startSeeingService('two', pem)];
  const { ports, release } = await takePorts(['RATE_LIMIT_PORT', 'DISCOVERY_HTTP', 'DISCOVERY_DNS']);
  const processes: { end(): Promise<void> }[] = [];
  const context = {
    folder,
    root,
    backend,
    canary,
    ports,
    async node(args: readonly string[], env: Readonly<Record<string, string>>) {
      const one = startNode(args, folder, { ...process.env, ...env });
      processes.push(one);
      return one.end;
    },
  };
  const env = {
    ...step.env,
    ACCESS_LOG_FILE: `${engine}.log.txt`,
    BACKEND_PORT: String(backend.port),
    CANARY_PORT: String(canary.port),
    RATE_LIMIT_PORT: ports.RATE_LIMIT_PORT,
    DISCOVERY_HTTP: `127.0.0.1:${ports.DISCOVERY_HTTP}`,
    DISCOVERY_DNS: `127.0.0.1:${ports.DISCOVERY_DNS}`,
  };
  try {
    await step.prepare?.(context);
    return await withSidecar({ root, envoyBin, folder, engine, env }, (sidecar) =>
      step.observe(sidecar, context),
    );
  } finally {
    await Promise.all(processes.map((one) => one.end()));
    backend.close();
    canary.close();
    await release();
  }
}

/** @returns what became of a request that was under way when the project was asked to end */
function endWhileBusy(engine: Engine, { envoyBin }: Context): Promise<string> {
  return withProject('sidecar', async (folder) => {
    const { ports, release } = await takePorts(['SIDECAR_PORT', 'ADMIN_PORT', 'BACKEND_PORT', 'CANARY_PORT']);
    const env = { ...process.env, ...ports, ENGINE: engine, ENVOY_BIN: envoyBin };
    const runner = new ProjectRun(process.execPath, ['run.mjs'], folder, env);
    try {
      await runner.says('Ctrl-C ends all of it.');
      const answer = get(ports.SIDECAR_PORT, '/slow');
      await eventually(
        () => get(ports.ADMIN_PORT, '/stats?filter=ingress_http.downstream_rq_active'),
        (text) => text.includes('downstream_rq_active: 1'),
      );
      runner.child.kill('SIGTERM');
      return `${await answer}ended with ${await runner.ended}`;
    } finally {
      runner.kill();
      await release();
    }
  });
}

export async function run(context: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  const compare = (name: string, real: string | undefined, ours: string | undefined): void => {
    if (real === ours && real !== undefined) passed++;
    else {
      failed++;
      lines.push(`${name}\n    Envoy  ${JSON.stringify(real)}\n    envoy3 ${JSON.stringify(ours)}`);
    }
  };
  await withProject('sidecar', async (folder) => {
    const { prepareCertificate } = (await import(join(folder, 'certificate.mjs'))) as {
      prepareCertificate(folder: string): Promise<string>;
    };
    await prepareCertificate(folder);
    for (const step of steps) {
      const [real = [], ours = []] = [
        await observe(step, 'envoy', folder, context),
        await observe(step, 'envoy3', folder, context),
      ];
      const shows = (seen: readonly string[]): string => String(step.shows.test(seen.join('\n')));
      compare(`${step.name} shows ${step.shows}`, shows(real), 'true');
      compare(`${step.name} shows ${step.shows}`, 'true', shows(ours));
      for (let at = 0; at < Math.max(real.length, ours.length); at++) compare(step.name, real[at], ours[at]);
    }
  });
  const ends: Partial<Record<Engine, string>> = {};
  for (const engine of engines) ends[engine] = await endWhileBusy(engine, context);
  compare('graceful shutdown', ends.envoy, ends.envoy3);
  compare('graceful shutdown, with the answer', ends.envoy3, '200 Hello from backend!\nended with 0');
  return { passed, failed, lines };
}
