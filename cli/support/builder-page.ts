/**
 * `docs/reference/builders.md`: the functions that a configuration imports from `envoy3`, each with its signature and what
 * its comment says, made of the declarations that an editor reads.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const head = `# Builders

What a configuration imports from \`envoy3\`, made of the declarations by \`node cli/setup/docs.mjs\`; an editor shows the same,
with the fields of the options. Each builder returns messages of Envoy's API, so anything of Envoy's documentation can
stand beside it.
`;

interface Declared {
  readonly name: string;
  readonly comment: string;
  readonly signature: string;
}

/** A comment without its frame; \`@param\` lines begin a line of a list. */
function proseOf(comment: string): string {
  const lines = comment
    .replace(/^\/\*\*/, '')
    .replace(/\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  return (
    lines
      .join('\n')
      .replaceAll(/^```ts$/gm, '```text')
      .replaceAll(/^@param (\S+)/gm, '- `$1`:')
      .replaceAll(/^@returns? /gm, '- returns ')
      .replaceAll(/^@throws /gm, '- throws ')
      // A list stands apart from the text before it.
      .replace(/([^\n])\n- (?=`|returns |throws )/, '$1\n\n- ')
      .trim()
  );
}

/** Up to the semicolon at the end of a line: those inside of object types are followed by others. */
const declaration =
  /(\/\*\*(?:[^*]|\*(?!\/))*\*\/)?\s*export declare (?:function (\w+)([\s\S]*?)|const (\w+): ([\s\S]*?));$(?=\n\S|\n*$(?![\s\S]))/gm;

function declaredIn(text: string): Declared[] {
  return [...text.matchAll(declaration)].map(([, comment = '', name = '', rest = '', constant]) =>
    constant === undefined
      ? { name, comment, signature: `${name}${rest}` }
      : { name: constant, comment, signature: `const ${constant}` },
  );
}

/** @param index the declaration file of the package's entry @throws Error when a function that it exports is not found */
export function builderPage(index: string): string {
  const sections: string[] = [];
  const text = readFileSync(index, 'utf8');
  for (const [, names = '', from = ''] of text.matchAll(/^export \{([^}]*)\} from '([^']*)';/gm)) {
    const path = join(dirname(index), from.replace(/\.js$/, '.d.ts'));
    const declared = existsSync(path) ? declaredIn(readFileSync(path, 'utf8')) : [];
    for (const name of names.split(',').flatMap((one) => one.trim() || [])) {
      const found = declared.find((one) => one.name === name);
      if (found === undefined) throw new Error(`${from} declares no ${name}`);
      const prose = proseOf(found.comment);
      sections.push(
        `\n## ${name}\n\n\`\`\`text\n${found.signature}\n\`\`\`\n${prose === '' ? '' : `\n${prose}\n`}`,
      );
    }
  }
  return `${head}${sections.join('')}`;
}
