/**
 * The README of the project edge-tls, followed command by command with ports of its own, from `envoy3 init` to Ctrl-C.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.js';
import { ReadmeShell, readmeSteps } from './readme-shell.js';
import { StartedProject } from './started-project.js';

/** The ports of the README, and the variables that choose others. */
const ports = {
  '8443': 'EDGE_PORT',
  '8001': 'ADMIN_PORT',
  '9441': 'WEB_PORT',
  '9442': 'API_PORT',
  '9443': 'WORKER_PORT',
  '9451': 'OLD_API_PORT',
  '9452': 'SILENT_API_PORT',
  '8080': 'H2C_PORT',
  '8500': 'DISCOVERY_HTTP',
  '8600': 'DISCOVERY_DNS',
} as const;

/**
 * @param root folder of the package
 * @param engine variables that choose another engine than the bundled runtime
 * @returns how many commands were typed
 * @throws Error with the first command that printed something else than is promised, and what it printed
 */
export async function followEdgeReadme(root: string, engine: NodeJS.ProcessEnv = {}): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-edge-tls-'));
  const drawn = await freePorts(Object.keys(ports).length);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...engine,
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
  };
  let text = readFileSync(join(root, 'templates', 'projects', 'edge-tls', 'README.md'), 'utf8');
  for (const [at, [port, name]] of Object.entries(ports).entries()) {
    const own = drawn[at] as string;
    env[name] = name.startsWith('DISCOVERY') ? `127.0.0.1:${own}` : own;
    text = text.replace(new RegExp(`(?<!\\d)${port}(?!\\d)`, 'g'), own);
  }
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(root, 'cli', 'envoy3.mjs'), join(folder, 'bin', 'envoy3'));
  writeFileSync(
    join(folder, 'bin', 'grpcurl'),
    `#!/bin/sh\nexec "${process.execPath}" clients/grpcurl.mjs "$@"\n`,
    { mode: 0o755 },
  );
  const steps = readmeSteps(text);
  const shell = new ReadmeShell(folder, env);
  let started: StartedProject | undefined;
  try {
    for (const step of steps) {
      if (step.command === 'npm start') {
        started = new StartedProject(join(folder, 'edge'), env);
        await started.says(step.promised);
      } else await shell.follow(step);
    }
    if ((await started?.stop()) !== true) throw new Error('Ctrl-C left processes behind');
    return steps.length;
  } finally {
    shell.close();
    started?.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
