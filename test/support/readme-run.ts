/**
 * Runs the commands of a README as they stand there, in its order, and compares what they print with what it says.
 *
 * Commands are the lines of blocks marked `sh`, and those after `$ ` in blocks marked `console`, whose other lines are what
 * the command before prints; `...` stands for anything. `npm start` keeps running, as in a terminal of its own, until the
 * next one or the end.
 */
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { takePorts } from './port-block.js';
import { ProjectRun, readyText, withProject } from './project-run.js';

export interface ReadmeCommand {
  readonly command: string;
  /** Undefined when the README does not say what it prints. */
  readonly output?: string;
}

/** Commands of a Markdown text. */
export function readmeCommands(markdown: string): ReadmeCommand[] {
  const found: ReadmeCommand[] = [];
  for (const [, kind, body = ''] of markdown.matchAll(/^```(sh|console)\n([\s\S]*?)^```$/gm)) {
    if (kind === 'sh') {
      const lines = body.replaceAll('\\\n', '').split('\n');
      found.push(...lines.filter((line) => line.trim() !== '').map((command) => ({ command })));
      continue;
    }
    for (const part of body.split(/^\$ /m).slice(1)) {
      const end = part.indexOf('\n');
      const output = part.slice(end + 1).trim();
      found.push({ command: part.slice(0, end), ...(output === '' ? {} : { output }) });
    }
  }
  return found;
}

/** Whether a text is what the README says; blanks at the ends of lines and the end are not looked at. */
export function isOutput(expected: string, actual: string): boolean {
  const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = expected
    .split('\n')
    .map((line) => line.trimEnd().split('...').map(literal).join('[\\s\\S]*'))
    .join('\\n');
  return new RegExp(`^\\s*${pattern}\\s*$`).test(actual.replaceAll(/[ \t\r]+$/gm, ''));
}

const isStart = (command: string): boolean => /^(?:\w+=\S+ )*npm start$/.test(command);

/** What is not as the README says may need a moment: a reload, a look-up of DNS. */
const attempts = 100;
const pauseMs = 100;

export interface ReadmeOptions<Name extends string> {
  /** Variables with the ports that the README speaks of. */
  readonly ports: Readonly<Record<Name, number>>;
}

/**
 * A project is laid down and its README followed, with ports of its own in the place of those that the README names.
 * @returns how many commands it has
 * @throws with the command and its output when something is not as it says
 */
export function followReadme<const Name extends string>(
  project: string,
  { ports: named }: ReadmeOptions<Name>,
): Promise<number> {
  return withProject(project, async (folder) => {
    const { ports, release } = await takePorts(Object.keys(named) as Name[]);
    const env = {
      ...process.env,
      ...ports,
      PATH: [join(folder, 'node_modules', '.bin'), dirname(process.execPath), process.env.PATH].join(
        delimiter,
      ),
    };
    const own = new Map(
      Object.entries<number>(named).map(([name, port]) => [String(port), ports[name as Name]]),
    );
    const translate = (text: string): string =>
      text.replaceAll(/\b\d{4,5}\b/g, (port) => own.get(port) ?? port);
    let started: ProjectRun | undefined;
    const run = async ({ command, output }: ReadmeCommand): Promise<void> => {
      for (let attempt = 1; ; attempt++) {
        const one = new ProjectRun('sh', ['-c', translate(command)], folder, env);
        const code = await one.ended;
        const good = output === undefined ? code === 0 : isOutput(translate(output), translate(one.stdout));
        if (good) return;
        if (output === undefined || attempt === attempts) {
          const log = started === undefined ? '' : `\nproject:\n${started.output}`;
          throw new Error(
            `$ ${command}\nexit code ${code}\n${one.output}\nexpected:\n${output ?? 'exit code 0'}${log}`,
          );
        }
        await new Promise((done) => setTimeout(done, pauseMs));
      }
    };
    const commands = readmeCommands(readFileSync(join(folder, 'README.md'), 'utf8'));
    try {
      for (const one of commands) {
        if (!isStart(one.command)) await run(one);
        else {
          await started?.interrupt();
          started = new ProjectRun('sh', ['-c', one.command], folder, env);
          await started.says(readyText(project));
        }
      }
      await started?.interrupt();
    } finally {
      started?.kill();
      await release();
    }
    return commands.length;
  });
}
