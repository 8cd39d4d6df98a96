import type { CodeExample } from '../../compiler/index.js';
import { codeExamples, diagnosticCodes, lintRules, rulePage } from '../../compiler/index.js';
import { nearName } from '../../dsl/api/reader/near-name.js';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';

/** Indented, with a heading each. */
function examplesOf(example: CodeExample | undefined): string {
  if (example === undefined) return '';
  const show = (text: string): string => text.replace(/^/gm, '  ');
  const what = { module: 'a module', settings: 'settings', shell: 'a command' }[example.piece] ?? 'YAML';
  return `\nWrong (${what}):\n${show(example.wrong)}\n\nRight:\n${show(example.right)}\n`;
}

/** `envoy3 explain CODE`. */
export const explain: Command = {
  name: 'explain',
  summary: 'explain a diagnostic code',
  usage: '[CODE]',
  description: 'Prints what a code means, an example of it and the fix. Without CODE it lists all codes.',
  options: {},
  maxPositionals: 1,
  examples: [['envoy3 explain E1003', 'one code']],
  async run(args, io) {
    const titles = new Map([
      ...Object.entries(diagnosticCodes).map(([code, { title }]) => [code, title] as const),
      ...lintRules.map(({ name, pack, summary }) => [name, `${pack}: ${summary}`] as const),
    ]);
    const codes = [...titles.keys()].sort();
    const [wanted] = args.positionals;
    if (wanted === undefined) {
      io.stdout(codes.map((code) => `${code}  ${titles.get(code)}\n`).join(''));
      return 0;
    }
    const code = wanted in diagnosticCodes ? wanted : wanted.toUpperCase();
    const page = diagnosticCodes[code];
    if (page !== undefined) {
      const sketch = page.example === undefined ? '' : `Example:\n${page.example}\n\n`;
      io.stdout(
        `${page.title}\n\n${page.explanation}\n\n${sketch}Fix:\n${page.fix}\n${examplesOf(codeExamples[code])}`,
      );
      return 0;
    }
    const rule = rulePage(wanted);
    if (rule === undefined) {
      const hint = /^TS\d+$/i.test(wanted)
        ? "; it is TypeScript's own code, which its documentation explains"
        : ((near) => (near === undefined ? "; 'envoy3 explain' lists all" : `; did you mean '${near}'?`))(
            nearName(wanted, codes),
          );
      throw new UsageError(`there is no code '${wanted}'${hint}`);
    }
    io.stdout(rule);
    return 0;
  },
};
