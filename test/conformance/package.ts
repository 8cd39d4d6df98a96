/**
 * The package as a user gets it: packed by npm, installed by npm in an empty folder from a registry that has only what the
 * clone has, every project laid down by `npx envoy3 init`, type-checked as an editor does it, built, tested and started, on
 * each release of Node that can be had. What `publint` and `attw` say of its entry points is part of it.
 */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { ProjectName } from '../support/project-ports.js';
import { takeProjectPorts } from '../support/project-ports.js';
import { ProjectRun, readyText } from '../support/project-run.js';
import { startRegistry } from './local-registry.js';

interface Context {
  readonly root: string;
}

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly stdout: string;
}

/** Releases besides the one that runs this. */
const releases = ['22', '24'];
const publint = 'publint@0.3.25';
const attw = '@arethetypeswrong/cli@0.18.5';
/** What editors have, besides the one that the package brings. */
const editorTypeScript = 'typescript@5.9.3';
/** A command may take so long: npm unpacks the compiler, which is large. Milliseconds. */
const timeoutMs = 180_000;

/** Variables of the npm that runs this would tell the npm inside where it is. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^npm_|^ENVOY3_HOME$|^INIT_CWD$/i.test(name),
  );
  return { ...Object.fromEntries(entries), NO_UPDATE_NOTIFIER: '1', NO_COLOR: '1' };
}

function command(
  name: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  return new Promise((done) => {
    const options = { cwd, env, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
    execFile(name, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      done({ code, stdout, output: `${stdout}${stderr}${error === null ? '' : error.message}` });
    });
  });
}

/** The folder with the binary of a release, by npm's own packages of it. */
async function nodeRelease(folder: string, release: string): Promise<string | undefined> {
  const name = `node-${process.platform}-${process.arch}`;
  const target = join(folder, `node-${release}`);
  mkdirSync(target);
  writeFileSync(join(target, 'package.json'), '{}');
  const { code } = await command('npm', ['install', `${name}@${release}`], target, cleanEnvironment());
  const bin = join(target, 'node_modules', name, 'bin');
  return code === 0 && existsSync(join(bin, 'node')) ? bin : undefined;
}

/** `npm start` until it says that all is there, then Ctrl-C. @returns what is wrong */
async function starts(
  folder: string,
  env: NodeJS.ProcessEnv,
  project: ProjectName,
): Promise<string | undefined> {
  const { env: ports, release } = await takeProjectPorts(project);
  const started = new ProjectRun('npm', ['start'], folder, { ...env, ...ports });
  try {
    await started.says(readyText(project));
    await started.interrupt();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    started.kill();
    await release();
  }
}

export async function run(context: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-package-'));
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  const check = (name: string, problem: string | undefined): void => {
    if (problem === undefined) passed++;
    else {
      failed++;
      lines.push(`${name}\n${problem.replaceAll(/^/gm, '    ')}`);
    }
  };
  const succeeds = (name: string, { code, output }: Outcome): void =>
    check(name, code === 0 ? undefined : output);
  const registry = await startRegistry(context.root);
  try {
    const packed = await command('npm', ['pack', '--json', '--pack-destination', folder], context.root, {
      ...cleanEnvironment(),
    });
    succeeds('npm pack', packed);
    const archive = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'none');
    const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
    const odd = files
      .map(({ path }) => path)
      .filter((path) =>
        /(?:^|\/)(?:test|node_modules|run)\/|\.(?:map|pem|log|tsbuildinfo|stamp)$|envoy3\.yaml$/.test(path),
      );
    check(
      'the archive has nothing that was made in the clone',
      odd.length === 0 ? undefined : odd.join('\n'),
    );

    for (const release of [undefined, ...releases]) {
      const bin = release === undefined ? dirname(process.execPath) : await nodeRelease(folder, release);
      if (bin === undefined) {
        lines.push(`Node ${release}: NOT RUN, its package cannot be installed here`);
        continue;
      }
      const clean = cleanEnvironment();
      const env = {
        ...clean,
        PATH: `${bin}${delimiter}${clean.PATH}`,
        // Nothing but the archive and the local registry.
        npm_config_registry: registry.url,
        npm_config_cache: join(folder, 'cache'),
        npm_config_audit: 'false',
        npm_config_fund: 'false',
      };
      const { stdout: version } = await command('node', ['--version'], folder, env);
      const label = `Node ${version.trim()}`;
      const home = join(folder, `home-${release ?? 'own'}`);
      mkdirSync(home);
      succeeds(`${label}: npm install`, await command('npm', ['install', archive], home, env));
      const list = await command('npx', ['envoy3', 'init', '--list'], home, env);
      succeeds(`${label}: envoy3 init --list`, list);
      for (const project of list.stdout.split('\n').filter((name) => name !== '') as ProjectName[]) {
        const of = `${label}: ${project}`;
        succeeds(of, await command('npx', ['envoy3', 'init', project, '--template', project], home, env));
        const at = join(home, project);
        check(`${of}: .gitignore`, existsSync(join(at, '.gitignore')) ? undefined : 'it is not there');
        succeeds(
          `${of}: type-checks`,
          await command(join(home, 'node_modules', '.bin', 'tsc'), ['-p', '.'], at, env),
        );
        const { scripts } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as {
          scripts: Record<string, string>;
        };
        for (const script of ['build', 'check', 'test'].filter((name) => scripts[name] !== undefined)) {
          succeeds(`${of}: npm run ${script}`, await command('npm', ['run', script], at, env));
        }
        check(`${of}: npm start`, await starts(at, env, project));
      }
    }
    check(
      'nothing else was asked for',
      registry.missing.length === 0 ? undefined : registry.missing.join('\n'),
    );

    const own = join(folder, 'home-own');
    const projects = readdirSync(own).filter((name) => existsSync(join(own, name, 'tsconfig.json')));
    for (const [name, args] of [
      ...projects.map(
        (project) =>
          [editorTypeScript, ['--yes', '-p', editorTypeScript, 'tsc', '-p', join(own, project)]] as const,
      ),
      [publint, ['--yes', publint, archive, '--strict']],
      [attw, ['--yes', '-p', attw, 'attw', archive, '--profile', 'esm-only']],
    ] as const) {
      const had = await command('npm', ['view', name, 'version'], folder, cleanEnvironment());
      if (had.code !== 0) lines.push(`${name}: NOT RUN, it cannot be had here`);
      else succeeds(`${name} ${args.at(-1)}`, await command('npx', args, folder, cleanEnvironment()));
    }
  } finally {
    registry.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
