import { resolve } from 'node:path';
import { writeOutput } from '../../compiler/index.js';
import { configurationGraph, dot, graphJson, mermaid, overviewOf, svg } from '../../compiler/tools.js';
import { textOption } from '../arguments.js';
import type { Command } from '../command.js';
import { loadBootstraps, sourcesText } from '../support/load-or-fail.js';

const writers = { mermaid, dot, svg, json: graphJson } as const;

/** The format that the name of the output asks for. */
function formatOf(output: string): keyof typeof writers | undefined {
  const ending = /\.(\w+)$/.exec(output)?.[1] ?? '';
  return ({ mmd: 'mermaid', dot: 'dot', gv: 'dot', svg: 'svg', json: 'json' } as const)[ending];
}

/** `envoy3 graph`. */
export const graph: Command = {
  name: 'graph',
  summary: 'draw a configuration: listeners, routes, clusters, hosts',
  usage: '[CONFIGURATION] [--format FORMAT] [-o FILE]',
  description: `Draws listeners -> filter chains -> virtual hosts -> clusters -> hosts. Nothing else has to be installed. Default:\nenvoy3.config.ts. ${sourcesText}`,
  options: {
    format: {
      type: 'string',
      choices: Object.keys(writers),
      description: 'default: by the name of the output, else mermaid',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: "output (default '-', standard output)",
    },
  },
  maxPositionals: 1,
  examples: [
    ['envoy3 graph -o envoy.svg', 'a picture'],
    ['envoy3 graph envoy.yaml --format dot | dot -Tpdf > envoy.pdf', 'by Graphviz'],
    ['envoy3 graph', 'Mermaid, for Markdown'],
  ],
  async run(args, io) {
    const loaded = await loadBootstraps([args.positionals[0] ?? 'envoy3.config.ts'], io);
    if (loaded === undefined) return 1;
    const output = textOption(args, 'output') ?? '-';
    const format = (textOption(args, 'format') ?? formatOf(output) ?? 'mermaid') as keyof typeof writers;
    const text = writers[format](configurationGraph(overviewOf(loaded[0])));
    if (output === '-') io.stdout(text);
    else writeOutput(resolve(io.cwd, output), text);
    return 0;
  },
};
