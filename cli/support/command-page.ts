/**
 * `docs/reference/commands.md`: the help of every command, made of the commands themselves.
 */
import { commandTable } from '../command-table.js';
import { commandHelp, overview } from '../help.js';

const fence = (text: string): string => `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;

/** The whole page. */
export async function commandPage(): Promise<string> {
  const commands = await Promise.all(commandTable.map((entry) => entry.load()));
  const sections = commands.map((command) => `\n## envoy3 ${command.name}\n\n${fence(commandHelp(command))}`);
  return [
    '# Commands\n\nMade of the commands by `node cli/setup/docs.mjs`; `envoy3 COMMAND --help` prints the same.\n\n',
    fence(overview(commandTable)),
    ...sections,
  ].join('');
}
