import { basename, resolve } from 'node:path';
import { writeOutput } from '../../compiler/index.js';
import { documentHtml, documentMarkdown, overviewOf } from '../../compiler/tools.js';
import { textOption } from '../arguments.js';
import type { Command } from '../command.js';
import { loadBootstraps, sourcesText } from '../support/load-or-fail.js';

/** `envoy3 docs`. */
export const docs: Command = {
  name: 'docs',
  summary: 'write a page about a configuration',
  usage: '[CONFIGURATION] [-o FILE]',
  description: `Writes a page with the graph, listeners, routes and clusters of a configuration, for people who do not read it: Markdown,\nor HTML in one file without scripts. Default: envoy3.config.ts. ${sourcesText}`,
  options: {
    format: {
      type: 'string',
      choices: ['markdown', 'html'],
      description: 'default: html for an output *.html, else markdown',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: "output (default '-', standard output)",
    },
    title: {
      type: 'string',
      value: 'TEXT',
      description: 'title of the page (default: name of the configuration)',
    },
  },
  maxPositionals: 1,
  examples: [
    ['envoy3 docs -o proxy.html', 'a page to look at'],
    ['envoy3 docs envoy.yaml > PROXY.md', 'a page for the repository'],
  ],
  async run(args, io) {
    const from = args.positionals[0] ?? 'envoy3.config.ts';
    const loaded = await loadBootstraps([from], io);
    if (loaded === undefined) return 1;
    const output = textOption(args, 'output') ?? '-';
    const isHtml = (textOption(args, 'format') ?? (/\.html?$/.test(output) ? 'html' : 'markdown')) === 'html';
    const title = textOption(args, 'title') ?? basename(from);
    const text = (isHtml ? documentHtml : documentMarkdown)(overviewOf(loaded[0]), title);
    if (output === '-') io.stdout(text);
    else writeOutput(resolve(io.cwd, output), text);
    return 0;
  },
};
