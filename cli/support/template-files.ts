/**
 * The files of a project template, and what they are called in the project made of it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TemplateFile {
  /** In the template, relative to it. */
  readonly source: string;
  /** In the project. */
  readonly target: string;
}

/**
 * The ignore file of a template has no dot: npm leaves every `.gitignore` out of a package, and would leave out what it
 * names as well.
 */
const ignoreFile = 'gitignore';

type Ignores = (name: string, isFolder: boolean) => boolean;

/** A pattern of names, which is all that the templates use: `*` is anything, `/` at the end is for folders alone. */
function nameMatcher(pattern: string): Ignores {
  const onlyFolders = pattern.endsWith('/');
  const literals = (onlyFolders ? pattern.slice(0, -1) : pattern).split('*');
  const whole = new RegExp(
    `^${literals.map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`,
  );
  return (name, isFolder) => (isFolder || !onlyFolders) && whole.test(name);
}

function readIgnores(template: string): Ignores {
  const path = join(template, ignoreFile);
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const matchers = lines.filter((line) => line !== '' && !line.startsWith('#')).map(nameMatcher);
  return (name, isFolder) => matchers.some((ignores) => ignores(name, isFolder));
}

/** Every file of a template, without what it made while it ran there. */
export function templateFiles(template: string): TemplateFile[] {
  const ignores = readIgnores(template);
  const found: TemplateFile[] = [];
  const walk = (under: string): void => {
    for (const entry of readdirSync(join(template, under), { withFileTypes: true })) {
      if (ignores(entry.name, entry.isDirectory())) continue;
      const path = join(under, entry.name);
      if (entry.isDirectory()) walk(path);
      else found.push({ source: path, target: path === ignoreFile ? '.gitignore' : path });
    }
  };
  walk('');
  return found;
}
