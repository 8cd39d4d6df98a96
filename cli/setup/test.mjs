/**
 * `npm test`: builds when needed, lints, and runs every hermetic test. `npm test -- PATTERN` runs some.
 * Ends with `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ensureBuilt, root } from './build.mjs';

/** Test files, oldest name first. Conformance and benchmarks are not tests in this sense. */
function* testFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* testFiles(path);
    else if (entry.name.endsWith('.test.js')) yield path;
  }
}

/** One file in a process of its own, so that a crash or a leak costs only that file. A file may take two minutes. */
function runFile(path) {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--enable-source-maps', path], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const deadline = setTimeout(() => child.kill('SIGKILL'), 120_000);
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      done({ code, signal, output });
    });
  });
}

await ensureBuilt();
const pattern = process.argv[2] === undefined ? undefined : new RegExp(process.argv[2]);
const folder = join(root, 'dist', 'test');
let passed = 0;
let failed = 0;
const queue = [...testFiles(folder)].filter(
  (path) => pattern === undefined || pattern.test(relative(folder, path)),
);

async function worker() {
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const { code, signal, output } = await runFile(path);
    const plain = output.replaceAll(/\u001b\[[0-9;]*m/g, '');
    const total = Number(/Total:\s+(\d+)/.exec(plain)?.[1] ?? 0);
    const good = Number(/Passed:\s+(\d+)/.exec(plain)?.[1] ?? 0);
    const bad = total - good;
    passed += good;
    // A file that ran no test, or that died, is a failure of its own.
    const broken = bad === 0 && (code !== 0 || total === 0) ? 1 : 0;
    failed += bad + broken;
    process.stdout.write(
      `${bad + broken === 0 ? 'ok  ' : 'FAIL'} ${relative(folder, path)} (${good}/${total})\n`,
    );
    if (bad + broken > 0) process.stdout.write(`${output}\n${signal === null ? '' : `ended by ${signal}\n`}`);
  }
}

// Two at a time: these files wait for sockets and processes as much as they compute.
await Promise.all([worker(), worker()]);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
