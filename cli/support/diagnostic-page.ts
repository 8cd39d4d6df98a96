/**
 * `docs/reference/diagnostics.md`: what each code of the compiler means, made of the pages that `envoy3 explain` prints.
 * Rules of the linter have a page of their own.
 */
import { codeExamples, diagnosticCodes } from '../../compiler/index.js';

const head = `# Diagnostics

Codes of \`envoy3 build\` and \`envoy3 check\`, made of the compiler by \`node cli/setup/docs.mjs\`; \`envoy3 explain CODE\` prints
the same. Codes that begin with TS are TypeScript's own. Rules of the linter are in [lint](../lint.md).
`;

const block = (title: string, text: string | undefined): string =>
  text === undefined ? '' : `${title}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n\n`;

/** The whole page. */
export function diagnosticPage(): string {
  const sections = Object.entries(diagnosticCodes).map(([code, { example, explanation, fix, title }]) =>
    [
      `\n## ${code}: ${title}\n\n${explanation}\n\n`,
      block('Example:', example),
      block('Fix:', fix),
      block('Wrong:', codeExamples[code]?.wrong),
      block('Right:', codeExamples[code]?.right),
    ].join(''),
  );
  return `${head}${sections.map((section) => `${section.trimEnd()}\n`).join('')}`;
}
