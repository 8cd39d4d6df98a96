import type { PlanEngine } from '../../compiler/tools.js';
import { planChange, planJson, planMarkdown, planText } from '../../compiler/tools.js';
import { textOption } from '../arguments.js';
import type { Command } from '../command.js';
import { loadBootstraps, sourcesText } from '../support/load-or-fail.js';

const writers = { text: planText, markdown: planMarkdown, json: planJson } as const;

/** `envoy3 plan [FROM] [TO]`. */
export const plan: Command = {
  name: 'plan',
  summary: 'tell what putting a configuration in force would do',
  usage: '[FROM] [TO] [--exit-code]',
  description: `Tells of each resource that differs whether the change is hot, drains connections or needs a restart; which routes\nanswer otherwise, each with a request that shows it; and which clusters lose hosts. FROM is envoy3.yaml by default, TO\nenvoy3.config.ts. ${sourcesText}`,
  options: {
    engine: {
      type: 'string',
      choices: ['bundled', 'envoy', 'envoy-split'],
      description:
        'who serves it: the bundled runtime (default), real Envoy, real Envoy with files of --layout split',
    },
    'exit-code': { type: 'boolean', description: 'exit code 1 when something would change' },
    format: { type: 'string', choices: ['text', 'markdown', 'json'], description: 'default text' },
  },
  maxPositionals: 2,
  examples: [
    ['envoy3 plan', 'envoy3.yaml -> envoy3.config.ts, before a build'],
    ['envoy3 plan http://127.0.0.1:9901 envoy3.config.ts', 'what a running proxy would do'],
    ['envoy3 plan main:envoy3.config.ts envoy3.config.ts --format markdown', 'for a pull request'],
  ],
  async run(args, io) {
    const [first, second] = args.positionals;
    const [from, to] =
      second === undefined ? ['envoy3.yaml', first ?? 'envoy3.config.ts'] : [first as string, second];
    const loaded = await loadBootstraps([from, to], io);
    if (loaded === undefined) return 2;
    const engine = (textOption(args, 'engine') ?? 'bundled') as PlanEngine;
    const made = planChange(loaded[0], loaded[1], engine);
    io.stdout(writers[(textOption(args, 'format') ?? 'text') as keyof typeof writers](made));
    return args.values['exit-code'] === true && made.changes.length > 0 ? 1 : 0;
  },
};
