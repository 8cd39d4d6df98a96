/**
 * TypeScript's native compiler, started directly: its Node wrapper costs more than the check itself. The only file that
 * knows where TypeScript 7 keeps its binary and its API.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = createRequire(import.meta.url);

/** Folder of package.json (this file runs from `dist/compiler/program`). */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** @throws when TypeScript has no binary for this platform */
export function nativeCompiler(): string {
  const typescript = dirname(packages.resolve('typescript/package.json'));
  const name = `@typescript/typescript-${process.platform}-${process.arch}`;
  const manifest = packages.resolve(`${name}/package.json`, { paths: [typescript] });
  return join(dirname(manifest), 'lib', process.platform === 'win32' ? 'tsc.exe' : 'tsc');
}

/** Time for a run of the compiler, unless another one is given. Milliseconds. */
export const checkDeadlineMs = 60_000;

/**
 * Runs the compiler on a project file. Exit codes 1 and 2 mean diagnostics, which are in the output.
 * @returns undefined when it did not end in time: something that it reads never ends
 */
export function runCompiler(
  project: string,
  cwd: string,
  deadlineMs = checkDeadlineMs,
): Promise<string | undefined> {
  return new Promise((done, fail) => {
    const args = ['-p', project, '--pretty', 'false'];
    const options = { cwd, maxBuffer: 64 << 20, timeout: deadlineMs, killSignal: 'SIGKILL' } as const;
    execFile(nativeCompiler(), args, options, (error, stdout, stderr) => {
      const code = (error as { code?: unknown } | null)?.code ?? 0;
      if (error?.killed === true) done(undefined);
      else if (code === 0 || code === 1 || code === 2) done(stdout);
      else fail(new Error(`the TypeScript compiler failed: ${stderr || error?.message}`));
    });
  });
}
