/**
 * What the pages for people show is true: modules compile, YAML is accepted, JSON is JSON, commands and options exist,
 * links lead somewhere, and what is made of the code is up to date.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseArguments } from '../cli/arguments.js';
import { commandTable } from '../cli/command-table.js';
import { generatedPages } from '../cli/support/generated-pages.js';
import { checkText, compile } from '../compiler/index.js';
import { root } from './support/project-run.js';
import type { Files } from './support/temporary-folder.js';
import { withFolder } from './support/temporary-folder.js';

function* markdownIn(folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* markdownIn(path);
    else if (entry.name.endsWith('.md')) yield path;
  }
}

const pages = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs')];
const generated = await generatedPages(root);

interface Block {
  readonly page: string;
  readonly line: number;
  /** What stands after the three ticks. */
  readonly info: string;
  readonly text: string;
}

function blocksOf(page: string): Block[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  const blocks: Block[] = [];
  let open: { line: number; info: string; text: string[] } | undefined;
  for (const [at, line] of lines.entries()) {
    if (!line.startsWith('```')) open?.text.push(line);
    else if (open === undefined) open = { line: at + 1, info: line.slice(3), text: [] };
    else {
      blocks.push({ page, line: open.line, info: open.info, text: open.text.join('\n') });
      open = undefined;
    }
  }
  assert.is(open, undefined, `${page}: a block has no end`);
  return blocks;
}

const blocks = pages.flatMap(blocksOf);
const place = ({ line, page }: Block): string => `${page}:${line}`;

test('every block says what it is', () => {
  const known = /^(?:ts|yaml|yaml fragment|json|sh|shell|console|text|lua|ruby|mermaid|)$/;
  const unknown = blocks
    .filter(({ info }) => !known.test(info))
    .map((block) => `${place(block)} ${block.info}`);
  assert.equal(unknown, []);
});

/** A module that is no configuration is imported by one, so that it is checked and evaluated as well. */
const importing = `import * as shown from './shown.js';
import { defineBootstrap } from 'envoy3';

export default defineBootstrap(Object.keys(shown).length < 0 ? { node: { id: 'x' } } : {});
`;

const modules = blocks.filter(({ info }) => info === 'ts');

/** `// envoy3.config.prod.ts` in the first line. */
const fileOf = ({ text }: Block): string | undefined => /^\/\/ (\S+\.ts)\b/.exec(text)?.[1];

/** What the page shows before under names of its own. */
function filesBefore(block: Block): Files {
  const before = modules.filter((one) => one.page === block.page && one.line < block.line);
  return Object.fromEntries(
    before.flatMap((one) => {
      const file = fileOf(one);
      return file === undefined ? [] : [[file, one.text]];
    }),
  );
}

for (const block of modules) {
  test(`${place(block)} compiles`, async () => {
    const isConfiguration = /export default (?:bootstrap|defineBootstrap|overlay)\(/.test(block.text);
    const entry = (isConfiguration ? fileOf(block) : undefined) ?? 'entry.config.ts';
    const own = isConfiguration ? { [entry]: block.text } : { [entry]: importing, 'shown.ts': block.text };
    await withFolder({ ...filesBefore(block), ...own }, async (cwd) => {
      const { diagnostics } = await compile({ entry, cwd, env: { ENVOY3_ENV: 'prod' } });
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      assert.equal(
        errors.map(({ message }) => message),
        [],
      );
    });
  });
}

for (const block of blocks.filter(({ info }) => info === 'yaml')) {
  test(`${place(block)} is accepted`, () => {
    const errors = checkText(block.text, { file: 'shown.yaml' }).filter(
      ({ severity }) => severity === 'error',
    );
    assert.equal(
      errors.map(({ message }) => message),
      [],
    );
  });
}

test('JSON is JSON', () => {
  for (const { text } of blocks.filter(({ info }) => info === 'json')) JSON.parse(text);
});

/** `[sudo] [npx] envoy3 ...`, also behind variables and after `&&`, without what a shell makes of the rest. */
function commandsIn(text: string): string[][] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => line.replace(/^\$ /, '').split(/ && | \|\| | \| |; /))
    .map((command) =>
      command
        .replace(/\s#.*$/, '')
        .replaceAll(/\s\d?>+ ?\S+/g, '')
        .trim(),
    )
    .map((command) => /^(?:sudo )?(?:[A-Z0-9_]+=\S+ )*(?:npx )?envoy3 (.*)$/.exec(command)?.[1])
    .filter((rest) => rest !== undefined)
    .map((rest) =>
      [...rest.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)]
        .map(([, single, double, plain]) => single ?? double ?? plain ?? '')
        .filter((word) => !/^(?:\d?>|<|&)/.test(word)),
    );
}

test('commands and their options exist', async () => {
  const shown = blocks.filter(({ info }) => ['sh', 'shell', 'console'].includes(info));
  let count = 0;
  for (const block of shown) {
    for (const [name = '', ...rest] of commandsIn(block.text)) {
      if (/^(?:--version|--help|COMMAND)$/.test(name)) continue;
      const entry = commandTable.find((one) => one.name === name);
      assert.ok(entry, `${place(block)}: envoy3 ${name}`);
      const command = await entry.load();
      assert.not.throws(() => parseArguments(command, rest), undefined, `${place(block)}: ${rest.join(' ')}`);
      count++;
    }
  }
  assert.ok(count > 20, `${count} commands`);
});

/** As GitHub makes them. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

test('links lead somewhere', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
    for (const [, to = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(to)) continue;
      const [path = '', anchor] = to.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      assert.ok(existsSync(file), `${page}: ${to}`);
      if (anchor === undefined || !file.endsWith('.md')) continue;
      const anchors = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, one = '']) =>
        anchorOf(one),
      );
      assert.ok(anchors.includes(anchor), `${page}: ${to}`);
    }
  }
});

for (const [name, text] of Object.entries(generated)) {
  test(`docs/${name} is up to date`, () => {
    const page = readFileSync(join(root, 'docs', name), 'utf8');
    assert.ok(page === text, `docs/${name} is out of date: run node cli/setup/docs.mjs`);
  });
}

test.run();
