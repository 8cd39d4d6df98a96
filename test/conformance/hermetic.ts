/**
 * Same inputs, same bytes: every project of the templates, and a module that asks for all that a machine might differ in, is
 * built on other releases of Node, in other time zones, languages and folders, at other times.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Context {
  readonly root: string;
  readonly nodes: readonly { readonly major: number; readonly binary: string }[];
}

/** What a module may ask of its surroundings, in one text. */
const curious = `import { env, readFile, secretRef } from 'envoy3';
const time = new Date(2020, 5, 1);
const words = ['z', 'ä', 'é', 'I', 'i', 'a'].sort((one, other) => one.localeCompare(other));
const all = {
  words,
  time: [String(time), time.toISOString(), time.getHours(), new Date('2020-01-01T00:00:00').getTime()],
  upper: 'iı'.toLocaleUpperCase(),
  number: [(1234567.891).toLocaleString(), 0.1 + 0.2, Math.sin(1.5), Math.pow(1.1, 10.5), Math.exp(1.7), 1e21],
  keys: Object.keys({ b: 1, 2: 1, a: 1, 1: 1 }),
  collated: words.map((word) => new Intl.Collator().compare(word, 'm')),
  plural: new Intl.PluralRules().select(1),
  file: readFile('notes.txt'),
  name: env('NAME', 'none'),
  where: String(new Error('x').message),
  secret: typeof secretRef,
};
export default { node: { id: 'curious', metadata: { all: JSON.stringify(all) } } };
`;

interface Setting {
  readonly name: string;
  readonly binary: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

function digest(setting: Setting, root: string, output: readonly string[]): string {
  const args = [join(root, 'cli', 'envoy3.mjs'), 'build', ...output];
  // Nothing of the machine's own but the way to its programs.
  const env = { PATH: process.env.PATH ?? '', HOME: setting.folder, ...setting.env };
  const result = spawnSync(setting.binary, args, { cwd: setting.folder, env, encoding: 'utf8' });
  if (result.status !== 0) return `exit code ${result.status}: ${result.stderr.slice(0, 300)}`;
  const hash = createHash('sha256');
  for (const name of readdirSync(join(setting.folder, 'out')).sort()) {
    hash.update(`${name}\0`).update(readFileSync(join(setting.folder, 'out', name)));
  }
  rmSync(join(setting.folder, 'out'), { recursive: true });
  return hash.digest('hex');
}

const outputs: readonly (readonly string[])[] = [
  ['-o', 'out/envoy3.yaml'],
  ['-o', 'out/envoy3.json'],
  ['-o', 'out/envoy3.yaml', '--layout', 'split', '--served-from', '/etc/envoy'],
];

export async function run({
  nodes,
  root,
}: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [`Node ${nodes.map(({ major }) => major).join(', ')}`];
  let passed = 0;
  const base = mkdtempSync(join(tmpdir(), 'envoy3-hermetic-'));
  const surroundings: readonly (readonly [name: string, env: Readonly<Record<string, string>>])[] = [
    ['plain', { TZ: 'UTC', LANG: 'C' }],
    ['Tokyo, Turkish', { TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }],
    ['St. John’s, German', { TZ: 'America/St_Johns', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' }],
  ];
  try {
    const templates = join(root, 'templates', 'projects');
    for (const project of [...readdirSync(templates).sort(), 'curious']) {
      const settings = nodes.flatMap(({ binary, major }) =>
        surroundings.map(([name, env], index): Setting => {
          // A folder of its own, with a name that is odd for some.
          const folder = join(base, project, `${major}`, ['a', 'with space', 'ümlaut/deep/er'][index] ?? 'x');
          mkdirSync(folder, { recursive: true });
          if (project === 'curious') {
            writeFileSync(join(folder, 'envoy3.config.ts'), curious);
            writeFileSync(join(folder, 'notes.txt'), 'a\r\nb\n');
          } else cpSync(join(templates, project), folder, { recursive: true });
          return { name: `Node ${major}, ${name}`, binary, folder, env };
        }),
      );
      for (const output of outputs) {
        const found = settings.map((setting) => digest(setting, root, output));
        const differing = settings.filter(
          (_setting, index) => found[index] !== found[0] || !/^\w{64}$/.test(found[0] ?? ''),
        );
        passed += settings.length - differing.length;
        for (const { name } of differing) {
          const index = settings.findIndex((one) => one.name === name);
          lines.push(`differs: ${project} ${output.join(' ')}: ${name}: ${found[index]?.slice(0, 200)}`);
        }
      }
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
  return { passed, failed: lines.length - 1, lines };
}
