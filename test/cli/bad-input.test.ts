/**
 * Bad input: each with its diagnostic and its exit code, no partial file, no hang. Modules first, then texts, then files.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../cli/main.js';
import { compile } from '../../compiler/index.js';
import { withFolder } from '../support/temporary-folder.js';
import { recordedIo } from './recorded-io.js';

/** This file runs from `dist/test/cli`. */
const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** `code: message` of everything that a module makes wrong. */
/** Ends a module that does not end by itself. On a busy machine others need longer, and have it. */
const endlessDeadlineMs = 3000;

function moduleFaults(text: string, deadlineMs: number): Promise<string[]> {
  return withFolder({ 'a.ts': text }, async (cwd) => {
    const { diagnostics, yaml } = await compile({
      entry: 'a.ts',
      cwd,
      env: {},
      deadlineMs,
      heapMb: 64,
    });
    assert.is(
      yaml === undefined,
      diagnostics.some(({ severity }) => severity === 'error'),
    );
    return diagnostics.map(({ code, message }) => `${code}: ${message}`);
  });
}

const modules: readonly (readonly [name: string, text: string, told: RegExp])[] = [
  ['an endless loop', 'while (true) {}\nexport default {};', /^E2002: the configuration did not end/],
  ['an endless getter', 'export default { get node() { while (true) {} } };', /^E2002/],
  [
    'a heap that grows',
    'const all: any[] = [];\nfor (;;) all.push(new Array(1e5).fill({}));\nexport default {};',
    /^E2003/,
  ],
  [
    '10 GB of buffers',
    'const all = Array.from({ length: 100 }, () => new Uint8Array(1e8).fill(1));\nexport default { node: { id: String(all.length) } };',
    /^E2001: .*256 MiB of buffers/,
  ],
  ['a thrown text', "throw 'no reason';\nexport default {};", /^E2001: the configuration failed: no reason/],
  ['a thrown nothing', 'throw null;\nexport default {};', /^E2001/],
  ['a thrown object whose text throws', 'throw { toString() { throw 1; } };\nexport default {};', /^E2001/],
  [
    'a cycle',
    'const a: any = { node: {} };\na.node.metadata = a;\nexport default a;',
    /^E2005: .*contains itself/,
  ],
  [
    'objects 100,000 deep',
    'let a: any = {};\nfor (let i = 0; i < 1e5; i++) a = { node: a };\nexport default a;',
    /^E2005: .*nested deeper than 500/,
  ],
  ['a function that calls itself', 'const f = (): any => f();\nexport default f();', /^E2001: .*call stack/],
  ['a Map', 'export default { node: new Map() } as any;', /^E2005: .*a Map/],
  [
    'a getter that throws',
    "export default { get node(): any { throw new Error('late'); } };",
    /^E2001: .*late/,
  ],
  ['a promise that is never kept', 'export default new Promise<any>(() => undefined);', /^E2002: .*promise/],
  ['the clock', 'export default { node: { id: String(Date.now()) } };', /^E2004: Date\.now\(\)/],
  ['the network', "export default fetch('http://a') as any;", /^(?:TS2304|E2004)/],
  ['code made of text', "export default { node: new Function('return process')() };", /^E200[14]/],
];

for (const [name, text, told] of modules) {
  test(`a module: ${name}`, async () => {
    const faults = await moduleFaults(text, name.includes('endless') ? endlessDeadlineMs : 60_000);
    assert.ok(
      faults.some((fault) => told.test(fault)),
      faults.join('\n'),
    );
  });
}

test('a module that reads what never ends, or is too large', () =>
  withFolder({}, async (cwd) => {
    execFileSync('mkfifo', [join(cwd, 'pipe'), join(cwd, 'pipe.json')]);
    writeFileSync(join(cwd, 'large'), '');
    truncateSync(join(cwd, 'large'), 70 * 1024 * 1024);
    for (const [path, told] of [
      ['pipe', "'pipe' is no regular file"],
      ['/dev/zero', "'/dev/zero' is no regular file"],
      ['.', "'.' is a folder"],
      ['large', "'large' has more than 64 MiB"],
      ['none', "the file 'none' does not exist"],
    ]) {
      const text = `import { readFile } from 'envoy3';\nexport default { node: { id: readFile('${path}') } };\n`;
      writeFileSync(join(cwd, 'a.ts'), text);
      const { diagnostics } = await compile({ entry: 'a.ts', cwd, env: {} });
      assert.equal(
        diagnostics.map(({ code, message, location }) => `${code} ${location?.line}: ${message}`),
        [`E2007 2: ${told}`],
      );
    }
    writeFileSync(join(cwd, 'a.ts'), "import data from './pipe.json';\nexport default { node: data };\n");
    const { diagnostics } = await compile({ entry: 'a.ts', cwd, env: {}, checkDeadlineMs: 1500 });
    assert.equal(
      diagnostics.map(({ code, message }) => `${code}: ${message}`),
      ['E2002: the type check did not end within 1.5 s'],
    );
  }));

test('a getter that lies is read once', async () => {
  const lying = "let n = 0;\nexport default { node: { get id() { return 'n' + n++; }, cluster: 'c' } };";
  await withFolder({ 'a.ts': lying }, async (cwd) => {
    const { bootstrap, diagnostics } = await compile({ entry: 'a.ts', cwd, env: {} });
    assert.equal(diagnostics, []);
    assert.equal(bootstrap, { node: { id: 'n0', cluster: 'c' } });
  });
});

function check(text: string | Buffer): Promise<{ code: number; err: string }> {
  return withFolder({}, async (cwd) => {
    writeFileSync(join(cwd, 'a.yaml'), text);
    const io = recordedIo(cwd);
    return { code: await main(['check', 'a.yaml', '--format', 'concise'], io), err: io.err() };
  });
}

const bomb = `a: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]\n`).join('')}`;

const texts: readonly (readonly [name: string, text: string | Buffer, code: number, told: RegExp])[] = [
  ['nested too deep', '['.repeat(5000), 1, /^a\.yaml:\d+:\d+: error E1000/],
  ['nested deeper than Envoy reads', `node: ${'{a: '.repeat(150)}1${'}'.repeat(150)}`, 1, /error E100/],
  ['a bomb of aliases', bomb, 1, /error E1000 aliases make the document too large|error E1002/],
  ['an alias inside of itself', 'node: &a { metadata: { x: *a } }\n', 1, /error E1000/],
  [
    'octets that are no UTF-8',
    Buffer.from('node: { id: a, cluster: "\xff" }\n', 'latin1'),
    0,
    /^a\.yaml:1:\d+: warning E1006 .*no UTF-8/,
  ],
  ['a byte order mark', '\ufeffnode: { id: a }\n', 0, /^$/],
  ['CRLF', 'node:\r\n  id: a\r\n', 0, /^$/],
  ['a key twice', 'node:\n  id: a\n  id: b\n', 0, /^a\.yaml:3:3: warning E1006 the key 'id' stands twice/],
  [
    'a second document',
    'node: { id: a }\n---\nnode: 1\n',
    0,
    /^a\.yaml:3:1: warning E1006 a second document/,
  ],
  ['a NUL in a text', 'node: { id: "a\u0000b" }\n', 0, /^$/],
  ['a NUL behind it', 'node: { id: a }\n\u0000', 1, /error E1000/],
  ['nothing', '', 1, /error E1000 there is no configuration/],
  ['a scalar', '42\n', 1, /error E1000/],
  ['a tab as indentation', 'node:\n\tid: a\n', 1, /error E1000 a line is indented with a tab/],
  ['a lone quote', 'node: { id: "a }\n', 1, /error E1000/],
];

for (const [name, text, code, told] of texts) {
  test(`a text: ${name}`, async () => {
    const found = await check(text);
    assert.match(found.err, told);
    assert.is(found.code, code, found.err);
  });
}

test('files that are none', () =>
  withFolder({ 'folder/x': '' }, async (cwd) => {
    symlinkSync('loop', join(cwd, 'loop'));
    symlinkSync('nothing', join(cwd, 'dangling'));
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    for (const [path, told] of [
      ['nope.yaml', "there is no file 'nope.yaml'"],
      ['loop', 'a link that leads back to itself'],
      ['dangling', 'a link to nothing'],
      ['pipe', 'no regular file'],
      ['folder', 'has no envoy3.config.ts'],
      ['folder/x/y', 'there is no file'],
    ] as const) {
      const io = recordedIo(cwd);
      assert.is(await main(['check', path], io), 2, path);
      assert.match(io.err(), told);
    }
  }));

test('a file of 100 MB is not read', () =>
  withFolder({ 'big.yaml': '' }, async (cwd) => {
    truncateSync(join(cwd, 'big.yaml'), 100 * 1024 * 1024);
    const io = recordedIo(cwd);
    assert.is(await main(['check', 'big.yaml'], io), 1);
    assert.match(io.err(), "E0002: 'big.yaml' has 100 MiB");
  }));

const sound = "import { bootstrap } from 'envoy3';\nexport default bootstrap({ listeners: [] });\n";

test('an output that cannot be written', () =>
  withFolder({ 'envoy3.config.ts': sound, file: '' }, async (cwd) => {
    mkdirSync(join(cwd, 'folder'));
    for (const output of ['file/envoy.yaml', 'folder', '/proc/envoy.yaml']) {
      const io = recordedIo(cwd);
      assert.is(await main(['build', '-o', output], io), 1, output);
      assert.match(io.err(), `envoy3: ${output} could not be written: `);
    }
    assert.equal(readdirSync(cwd).sort(), ['envoy3.config.ts', 'file', 'folder']);
    assert.equal(readdirSync(join(cwd, 'folder')), []);
  }));

test('a disk that takes only a part leaves the old file, and nothing besides', () =>
  withFolder({ 'out.yaml': 'old\n' }, async (cwd) => {
    // A limit on the size of files stands in for the end of the disk: the first write is cut short, the second fails.
    const script = `import { writeOutput } from ${JSON.stringify(join(dist, 'compiler', 'write-output.js'))};
try { writeOutput(${JSON.stringify(join(cwd, 'out.yaml'))}, 'x'.repeat(4_000_000)); } catch (error) { process.stdout.write(error.code); }`;
    const args = ['-c', `ulimit -f 1000; exec "$0" --input-type=module -e "$1"`, process.execPath, script];
    assert.is(execFileSync('sh', args, { encoding: 'utf8' }), 'EFBIG');
    assert.is(readFileSync(join(cwd, 'out.yaml'), 'utf8'), 'old\n');
    assert.equal(readdirSync(cwd), ['out.yaml']);
  }));

test('two builds at once leave one whole file', () =>
  withFolder({ 'envoy3.config.ts': sound }, async (cwd) => {
    const cli = join(dist, '..', 'cli', 'envoy3.mjs');
    const build = () =>
      new Promise<number | null>((done) => {
        spawn(process.execPath, [cli, 'build'], { cwd, stdio: 'ignore' }).on('close', done);
      });
    assert.equal(await Promise.all([build(), build(), build()]), [0, 0, 0]);
    assert.match(
      readFileSync(join(cwd, 'envoy3.yaml'), 'utf8'),
      /^# Written by envoy3 [^\n]*\nstatic_resources:\n[\s\S]*\n$/,
    );
    assert.equal(readdirSync(cwd).sort(), ['envoy3.config.ts', 'envoy3.yaml']);
  }));

test('kill -9 while a file is written leaves the old one or the new one', () =>
  withFolder({}, async (cwd) => {
    const path = join(cwd, 'out.yaml');
    const size = 4_000_000;
    const script = `import { writeOutput } from ${JSON.stringify(join(dist, 'compiler', 'write-output.js'))};
for (let i = 0; ; i++) { writeOutput(${JSON.stringify(path)}, String(i % 10).repeat(${size})); if (i === 0) process.stdout.write('begun'); }`;
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((done) => child.on('close', done));
      await new Promise((done) => child.stdout.once('data', done));
      // At some moment of its work.
      for (let turn = 0; turn < round * 50; turn++) await new Promise(setImmediate);
      child.kill('SIGKILL');
      await ended;
      const text = readFileSync(path, 'utf8');
      assert.is(text.length, size);
      assert.is(text, (text[0] ?? '').repeat(size));
    }
    assert.ok(existsSync(path));
  }));

test.run();
