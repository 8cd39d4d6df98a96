/**
 * Runs the commands of a README as they stand there, in its order, and compares what they print with what it says.
 *
 * Commands are the lines of blocks marked `sh`, and those after `$ ` in blocks marked `console`, whose other lines are what
 * the command before prints; `...` stands for anything. `npm start` keeps running, as in a terminal of its own, until the
 * next one or the end. Blocks marked `envoy` as well are for real Envoy alone.
 */
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { takePorts } from './port-block.js';
import { processesOf, ProjectRun, readyText, withProject } from './project-run.js';

export interface ReadmeCommand {
  readonly command: string;
  /** Undefined when the README does not say what it prints. */
  readonly output?: string;
}

/** Commands of a Markdown text. @param forEnvoy with those that need real Envoy */
export function readmeCommands(markdown: string, forEnvoy = false): ReadmeCommand[] {
  const found: ReadmeCommand[] = [];
  for (const [, kind, mark, body = ''] of markdown.matchAll(/^```(sh|console)( envoy)?\n([\s\S]*?)^```$/gm)) {
    if (mark !== undefined && !forEnvoy) continue;
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

/** Some projects take an address where others take a port. */
function variables(ports: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [name, /PORT$/.test(name) ? port : `127.0.0.1:${port}`]),
  );
}

/** Ports that the README of each project names, by their variables. */
export const readmePorts = {
  'front-proxy': {
    HTTP_PORT: 8080,
    HTTPS_PORT: 8443,
    ADMIN_PORT: 8001,
    DISCOVERY_HTTP_PORT: 8500,
    DISCOVERY_DNS_PORT: 8600,
    SERVICE_PORT: 8000,
    APP_PORT: 8081,
  },
  minimal: { PORT: 10000, ADMIN_PORT: 9901 },
  'multi-env': { PORT: 10000, API_PORT: 9090, WEB_PORT: 9091, ADMIN_PORT: 9901 },
  sidecar: {
    SIDECAR_PORT: 10000,
    ADMIN_PORT: 9901,
    BACKEND_PORT: 9090,
    CANARY_PORT: 9091,
    RATE_LIMIT_PORT: 8081,
    COLLECTOR_PORT: 9411,
    DISCOVERY_HTTP: 8500,
    DISCOVERY_DNS: 8600,
  },
  'tcp-proxy': {
    PORT: 15432,
    PRIMARY_PORT: 15433,
    REPLICA_PORT: 15434,
    HEALTH_PORT: 15080,
    ADMIN_PORT: 9901,
  },
  websocket: { PORT: 10000, CHAT_PORT: 9090, ADMIN_PORT: 9901 },
} as const;

/**
 * A project is laid down and its README followed, with ports of its own in the place of those that the README names.
 * @param envoyBin binary of real Envoy, which serves then; default: the bundled runtime
 * @returns how many commands were run
 * @throws with the command and its output when something is not as it says
 */
export function followReadme(project: keyof typeof readmePorts, envoyBin?: string): Promise<number> {
  const named: Readonly<Record<string, number>> = readmePorts[project];
  return withProject(project, async (folder) => {
    const { ports, release } = await takePorts(Object.keys(named));
    const env = {
      ...process.env,
      ...variables(ports),
      ...(envoyBin === undefined ? {} : { ENGINE: 'envoy', ENVOY_BIN: envoyBin }),
      PATH: [join(folder, 'node_modules', '.bin'), dirname(process.execPath), process.env.PATH].join(
        delimiter,
      ),
    };
    const own = new Map(Object.entries(named).map(([name, port]) => [String(port), ports[name]]));
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
    const commands = readmeCommands(readFileSync(join(folder, 'README.md'), 'utf8'), envoyBin !== undefined);
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
      const left = processesOf(folder);
      if (left.length > 0) throw new Error(`Ctrl-C left processes behind: ${left.join()}`);
    } finally {
      started?.kill();
      await release();
    }
    return commands.length;
  });
}
