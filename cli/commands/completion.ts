import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { commandTable } from '../command-table.js';

type Words = readonly (readonly [command: string, options: readonly string[]])[];

function bash(words: Words): string {
  const cases = words.map(([name, options]) => `    ${name}) words="${options.join(' ')}" ;;\n`).join('');
  return `_envoy3() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases}    *) words="${words.map(([name]) => name).join(' ')}" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${words.map(([name]) => name).join(' ')} --help --version"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
}
complete -o filenames -F _envoy3 envoy3
`;
}

function zsh(words: Words): string {
  return `#compdef envoy3
autoload -U +X bashcompinit && bashcompinit
${bash(words)}`;
}

function fish(words: Words): string {
  return words
    .flatMap(([name, options]) => [
      `complete -c envoy3 -n __fish_use_subcommand -a ${name}`,
      ...options.map(
        (option) => `complete -c envoy3 -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
      ),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

const writers: Readonly<Record<string, (words: Words) => string>> = { bash, zsh, fish };

/** `envoy3 completion SHELL`. */
export const completion: Command = {
  name: 'completion',
  summary: 'print a completion script for bash, zsh or fish',
  usage: 'bash|zsh|fish',
  description: 'Prints a script that the shell sources.',
  options: {},
  maxPositionals: 1,
  examples: [['source <(envoy3 completion bash)', 'for this shell']],
  async run(args, io) {
    const writer = writers[args.positionals[0] ?? ''];
    if (writer === undefined) throw new UsageError('name a shell: bash, zsh or fish');
    const words = await Promise.all(
      commandTable.map(async ({ name, load }) => {
        const { options } = await load();
        return [name, [...Object.keys(options), 'help'].map((option) => `--${option}`)] as const;
      }),
    );
    io.stdout(writer(words));
    return 0;
  },
};
