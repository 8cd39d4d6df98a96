import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from '../command.js';

/** `envoy3 schema`: the JSON Schema of a bootstrap, which the build made of the facts of the API. */
export const schema: Command = {
  name: 'schema',
  summary: 'print a JSON Schema, for editors of plain YAML',
  usage: '',
  description:
    "Prints the JSON Schema (draft 2020-12) of an Envoy bootstrap: names, kinds, values, and by its '@type' what stands in each\ntyped_config. Editors complete and check YAML with it; the whole verdict is that of envoy3 check, or of envoy3 lsp.",
  options: {},
  maxPositionals: 0,
  examples: [
    [
      'envoy3 schema > envoy.schema.json',
      'then in the YAML: # yaml-language-server: $schema=envoy.schema.json',
    ],
  ],
  async run(_args, io) {
    // This file runs from `dist/cli/commands`.
    const file = new URL('../../../dsl/api/generated/bootstrap.schema.json', import.meta.url);
    io.stdout(readFileSync(fileURLToPath(file), 'utf8'));
    return 0;
  },
};
