import { diffConfigurations, diffJson, diffMarkdown, diffText } from '../../compiler/tools.js';
import { textOption } from '../arguments.js';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { loadBootstraps, sourcesText } from '../support/load-or-fail.js';

const writers = { text: diffText, markdown: diffMarkdown, json: diffJson } as const;

/** `envoy3 diff A B`. */
export const diff: Command = {
  name: 'diff',
  summary: 'tell what differs between two configurations, by resource',
  usage: 'A B [--exit-code]',
  description: `Compares by the identity of resources, not by lines: names of listeners, clusters and virtual hosts, names or matches of\nroutes, addresses of hosts. Order, spelling and comments make no difference; the order of routes and filters does.\nSecrets are not shown. ${sourcesText}`,
  options: {
    'exit-code': { type: 'boolean', description: 'exit code 1 when they differ' },
    format: { type: 'string', choices: ['text', 'markdown', 'json'], description: 'default text' },
  },
  maxPositionals: 2,
  examples: [
    ['envoy3 diff old.yaml envoy3.config.ts', 'files of any kind'],
    ['envoy3 diff main:envoy3.config.ts envoy3.config.ts --format markdown', 'for a pull request'],
    ['envoy3 diff envoy3.yaml http://127.0.0.1:9901 --exit-code', 'whether a running proxy has it'],
  ],
  async run(args, io) {
    if (args.positionals.length !== 2) throw new UsageError('name two configurations');
    const loaded = await loadBootstraps(args.positionals, io);
    if (loaded === undefined) return 2;
    const changes = diffConfigurations(loaded[0], loaded[1]);
    io.stdout(writers[(textOption(args, 'format') ?? 'text') as keyof typeof writers](changes));
    return args.values['exit-code'] === true && changes.length > 0 ? 1 : 0;
  },
};
