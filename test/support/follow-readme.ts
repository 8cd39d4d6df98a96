/**
 * The README of a project followed command by command, from `envoy3 init` to Ctrl-C, with ports of its own in the place of
 * those that it names. `npm start` keeps running, as in a terminal of its own, until the next one or the end.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { ProjectName } from './project-ports.js';
import { takeProjectPorts } from './project-ports.js';
import { initProject, ProjectRun, processesOf, readyText, root, templateFolder } from './project-run.js';
import { ReadmeShell } from './readme-shell.js';
import type { ReadmeStep } from './readme-steps.js';
import { promisePattern, readmeSteps } from './readme-steps.js';
import { withFolder } from './temporary-folder.js';

const isStart = ({ command }: ReadmeStep): boolean => /^(?:\w+=\S+ )*npm start$/.test(command);

/** What a reader has on the path. grpcurl is seldom installed: in its place stands the client of the project, which does the same. */
function makeCommands(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(join(root, 'cli', 'envoy3.mjs'), join(bin, 'envoy3'));
  const grpcurl = `#!/bin/sh\nexec "${process.execPath}" clients/grpcurl.mjs "$@"\n`;
  writeFileSync(join(bin, 'grpcurl'), grpcurl, { mode: 0o755 });
  return bin;
}

/**
 * @param envoyBin binary of real Envoy, which serves then; default: the bundled runtime
 * @returns how many commands were typed
 * @throws Error with the first command that did not do what is promised, and what it printed
 */
export function followReadme(project: ProjectName, envoyBin?: string): Promise<number> {
  return withFolder({}, async (folder) => {
    const { env: ports, release, translate } = await takeProjectPorts(project);
    const markdown = translate(readFileSync(join(templateFolder(project), 'README.md'), 'utf8'));
    const steps = readmeSteps(markdown, envoyBin !== undefined);
    const isMadeByReader = steps.some(({ command }) => command.startsWith('envoy3 init '));
    const place = isMadeByReader ? folder : join(folder, project);
    if (!isMadeByReader) await initProject(project, place);
    const path = [makeCommands(folder), join(place, 'node_modules', '.bin'), dirname(process.execPath)];
    const env = {
      ...process.env,
      ...ports,
      CONSUL_HTTP_ADDR: `127.0.0.1:${ports.DISCOVERY_HTTP_PORT}`,
      ...(envoyBin === undefined ? {} : { ENGINE: 'envoy', ENVOY_BIN: envoyBin }),
      PATH: [...path, process.env.PATH].join(delimiter),
    };
    const shell = new ReadmeShell(place, env);
    let started: ProjectRun | undefined;
    try {
      for (const step of steps) {
        if (!isStart(step)) await shell.follow(step);
        else {
          await started?.interrupt();
          started = new ProjectRun('sh', ['-c', step.command], await shell.folder(), env);
          await started.says(readyText(project));
          if (step.promised !== undefined) await started.says(new RegExp(promisePattern(step.promised)));
        }
      }
      await started?.interrupt();
      shell.close();
      const left = processesOf(folder);
      if (left.length > 0) throw new Error(`Ctrl-C left processes behind: ${left.join()}`);
    } catch (error) {
      throw new Error(
        `${project}: ${(error as Error).message}\nproject:\n${started?.output ?? 'not started'}`,
      );
    } finally {
      shell.close();
      started?.kill();
      await release();
    }
    return steps.length;
  });
}
