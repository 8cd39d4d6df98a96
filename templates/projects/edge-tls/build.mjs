/**
 * `npm run build`: compiles the configuration to where the running edge looks for it. The bundled runtime takes a new
 * `envoy3.yaml`; real Envoy (ENGINE=envoy) reads that once, and then follows the files of listeners and clusters beside it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { envoy3Home, projectFolder } from './runner/envoy3-package.mjs';

/** What the command says of each file. */
const progress = /^envoy3: \S+ (?:written|is up to date)\n/gm;

/** Findings are printed. @returns whether it is built */
export function build() {
  mkdirSync(join(projectFolder, 'run'), { recursive: true });
  const layout =
    process.env.ENGINE === 'envoy'
      ? ['--layout', 'split', '-o', 'run/envoy/envoy3.yaml']
      : ['-o', 'envoy3.yaml'];
  const cli = join(envoy3Home(), 'cli', 'envoy3.mjs');
  const { status, stderr } = spawnSync(process.execPath, [cli, 'build', ...layout], {
    cwd: projectFolder,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  process.stderr.write(stderr.replace(progress, ''));
  return status === 0;
}

if (process.argv[1]?.endsWith('build.mjs')) {
  const isBuilt = build();
  if (isBuilt) process.stdout.write('the configuration is built\n');
  process.exit(isBuilt ? 0 : 1);
}
