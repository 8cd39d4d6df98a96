/**
 * `envoy3 COMMAND ...`: finds the command, parses its arguments, runs it.
 */
import { nearName } from '../dsl/api/reader/near-name.js';
import { parseArguments } from './arguments.js';
import type { Io } from './command.js';
import { UsageError } from './command.js';
import { commandTable } from './command-table.js';
import { commandHelp, overview } from './help.js';
import { packageVersion } from './support/package.js';

/** @param argv without node and script. @returns the exit code */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = argv;
  if (first === '--help' || first === '-h' || first === 'help') {
    const named = commandTable.find(({ name }) => name === rest[0]);
    io.stdout(named === undefined ? overview(commandTable) : commandHelp(await named.load()));
    return 0;
  }
  if (first === '--version' || first === '-V') {
    io.stdout(`${packageVersion()}\n`);
    return 0;
  }
  const entry = commandTable.find(({ name }) => name === first);
  if (entry === undefined) {
    if (first === undefined) io.stderr(overview(commandTable));
    else {
      const near = nearName(
        first,
        commandTable.map(({ name }) => name),
      );
      io.stderr(
        `envoy3: unknown command '${first}'${near === undefined ? '' : `; did you mean '${near}'?`}\nTry 'envoy3 --help'.\n`,
      );
    }
    return 2;
  }
  try {
    const command = await entry.load();
    const args = parseArguments(command, rest);
    if (args.values.help === true) {
      io.stdout(commandHelp(command));
      return 0;
    }
    return await command.run(args, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr(`envoy3 ${entry.name}: ${error.message}\nTry 'envoy3 ${entry.name} --help'.\n`);
    return 2;
  }
}
