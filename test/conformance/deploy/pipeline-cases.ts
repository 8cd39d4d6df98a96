/** CI files and the hook of git: judged by their linters, and their commands run on a project. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import type { DeployCase, DeployPlace, Ended } from './deploy-case.js';
import { configuration, deploy, program, put, runTool, runWell } from './deploy-case.js';

const good = `import { bootstrap, admin } from 'envoy3';\nexport default bootstrap({ admin: admin({ port: 9901 }), listeners: [] });\n`;
const bad = good.replace('9901', '99010');

/** A project with this package installed. @returns its folder */
function project(place: DeployPlace, module: string): string {
  const folder = join(place.folder, 'project');
  put(join(folder, 'package.json'), '{ "type": "module" }\n');
  put(join(folder, 'envoy3.config.ts'), module);
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(place.root, join(folder, 'node_modules', 'envoy3'));
  symlinkSync(program(place), join(folder, 'node_modules', '.bin', 'envoy3'));
  return folder;
}

/** The commands of a job, each as CI runs it, but for those that install. @returns the first that fails, or the last */
function runSteps(commands: readonly string[], cwd: string): Ended {
  let ended: Ended = { code: -1, out: '', err: '' };
  for (const command of commands.filter((one) => !one.startsWith('npm ci'))) {
    ended = runTool('bash', ['-e', '-o', 'pipefail', '-c', command], {
      cwd,
      env: { ENTRY: 'envoy3.config.ts' },
    });
    if (ended.code !== 0) return ended;
  }
  return ended;
}

function githubCommands(text: string): string[] {
  const steps = parse(text).jobs.check.steps as readonly { readonly run?: string; readonly name?: string }[];
  return steps.flatMap(({ name, run }) => (run === undefined || name === 'Route tests' ? [] : [run]));
}

function readSarif(folder: string): number {
  return JSON.parse(readFileSync(join(folder, 'envoy3.sarif'), 'utf8')).runs[0].results.length;
}

/** A repository with the hook in force. */
function repository(place: DeployPlace) {
  const folder = project(place, good);
  deploy({ ...place, folder }, 'pre-commit', { into: '.' });
  const git = (...args: string[]) =>
    runTool('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder });
  runWell('git', ['init', '--quiet', folder]);
  git('config', 'core.hooksPath', 'hooks');
  put(join(folder, '.gitignore'), 'node_modules\n');
  return { folder, git };
}

export const pipelineCases: readonly DeployCase[] = [
  {
    name: 'actionlint: nothing to say of the workflow',
    tools: ['actionlint', 'shellcheck', 'yamllint'],
    run(place) {
      const file = join(deploy(place, 'github'), '.github/workflows/envoy3.yml');
      assert.equal(runTool('actionlint', ['-no-color', file]), { code: 0, out: '', err: '' });
      assert.is(
        runWell('yamllint', ['-d', '{extends: default, rules: {line-length: {max: 160}}}', file]).out,
        '',
      );
    },
  },
  {
    name: 'the commands of the workflow: findings as SARIF, then the verdict, then the artefact',
    tools: ['bash', 'npx'],
    run(place) {
      const commands = githubCommands(
        readFileSync(join(deploy(place, 'github'), '.github/workflows/envoy3.yml'), 'utf8'),
      );
      const folder = project(place, good);
      const ended = runSteps(commands, folder);
      assert.is(ended.code, 0, ended.err);
      assert.match(
        readFileSync(join(folder, 'envoy3.yaml.sha256'), 'utf8'),
        /^[0-9a-f]{64} {2}envoy3\.yaml\n$/,
      );
      put(join(folder, 'envoy3.config.ts'), bad);
      assert.is(runSteps(commands, folder).code, 1);
      assert.ok(readSarif(folder) > 0);
    },
  },
  {
    name: "GitLab's schema, and the commands of the job",
    tools: ['check-jsonschema', 'bash', 'npx'],
    run(place) {
      const file = join(deploy(place, 'gitlab'), 'envoy3.gitlab-ci.yml');
      runWell('check-jsonschema', ['--builtin-schema', 'vendor.gitlab-ci', file]);
      const commands = parse(readFileSync(file, 'utf8')).envoy3.script as readonly string[];
      const folder = project(place, good);
      const ended = runSteps(commands, folder);
      assert.is(ended.code, 0, ended.err);
      put(join(folder, 'envoy3.config.ts'), bad);
      assert.is(runSteps(commands, folder).code, 1);
      assert.ok(readSarif(folder) > 0);
      assert.ok(JSON.parse(readFileSync(join(folder, 'gl-code-quality-report.json'), 'utf8')).length > 0);
    },
  },
  {
    name: 'the hook of git: checks what is staged, not what lies there',
    tools: ['git', 'shellcheck'],
    run(place) {
      const { folder, git } = repository(place);
      runWell('shellcheck', [join(folder, 'hooks/pre-commit')]);
      git('add', '--all');
      const first = git('commit', '--message', 'good');
      assert.is(first.code, 0, first.err);
      put(join(folder, 'envoy3.config.ts'), bad);
      git('add', '--all');
      put(join(folder, 'envoy3.config.ts'), good);
      assert.is(git('commit', '--message', 'bad module').code, 1);
      git('add', '--all');
      put(join(folder, 'edge.yaml'), `${configuration()}oops: 1\n`);
      put(join(folder, 'other.yaml'), 'anything: [goes, here]\n');
      git('add', '--all');
      const refused = git('commit', '--message', 'bad file');
      assert.is(refused.code, 1);
      assert.match(refused.err, "has no field 'oops'");
      assert.match(refused.err, 'edge.yaml is not committed');
      put(join(folder, 'edge.yaml'), configuration());
      git('add', '--all');
      assert.is(git('commit', '--message', 'mended').code, 0);
    },
  },
  {
    name: 'pre-commit: takes the file, and runs the hook',
    tools: ['pre-commit', 'git'],
    run(place) {
      const { folder, git } = repository(place);
      const env = { PRE_COMMIT_HOME: join(place.folder, 'cache') };
      assert.equal(runTool('pre-commit', ['validate-config'], { cwd: folder, env }), {
        code: 0,
        out: '',
        err: '',
      });
      git('add', '--all');
      assert.is(runTool('pre-commit', ['run'], { cwd: folder, env }).code, 0);
      put(join(folder, 'envoy3.config.ts'), bad);
      git('add', '--all');
      assert.is(runTool('pre-commit', ['run'], { cwd: folder, env }).code, 1);
    },
  },
];
