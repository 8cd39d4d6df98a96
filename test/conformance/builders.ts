/**
 * A configuration that uses every builder, compiled, put to real Envoy, and imported again.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { compile, emitSplit, splitLayout } from '../../compiler/index.js';
import { proveImport } from '../../compiler/tools.js';

interface Context {
  readonly root: string;
  readonly envoyBin: string;
}

export async function run({ envoyBin, root }: Context) {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-builders-'));
  const lines: string[] = [];
  let [passed, failed] = [0, 0];
  const attempt = async (name: string, what: () => void | Promise<void>): Promise<void> => {
    try {
      await what();
      passed++;
    } catch (error) {
      failed++;
      const { message, stderr } = error as Error & { stderr?: Buffer };
      lines.push(`${name}: ${(stderr?.toString() ?? message).trim().split('\n').slice(-2).join(' ')}`);
    }
  };
  const validate = (file: string): void => {
    const flags = ['--mode', 'validate', '--log-level', 'error', '-c', file];
    execFileSync(envoyBin, flags, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  try {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      algorithm: 'sha256',
    });
    const pem = join(folder, 'certificate.pem');
    writeFileSync(pem, `${cert.trim()}\n${key.trim()}\n`);
    const authority = join(folder, 'authority.pem');
    writeFileSync(authority, `${cert.trim()}\n`);
    writeFileSync(join(folder, 'eds.yaml'), 'resources: []\n');
    const env = { CERTIFICATE: pem, AUTHORITY: authority, EDS: join(folder, 'eds.yaml') };
    const cwd = join(root, 'test', 'types', 'configs');
    const { bootstrap, diagnostics, yaml } = await compile({ entry: 'everything.ts', cwd, env });
    await attempt('compile', () => {
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      if (yaml === undefined) throw new Error(errors.map(({ message }) => message).join('; '));
    });
    await attempt('real Envoy', () => {
      writeFileSync(join(folder, 'envoy.yaml'), yaml ?? '');
      validate('envoy.yaml');
    });
    await attempt('real Envoy, --layout split', () => {
      const layout = splitLayout(bootstrap as Readonly<Record<string, unknown>>, folder);
      for (const [name, text] of emitSplit(layout, 'split.yaml')) writeFileSync(join(folder, name), text);
      validate('split.yaml');
    });
    await attempt('import', async () => {
      const { errors, plain } = await proveImport(bootstrap);
      if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('; '));
      if (plain) throw new Error('no builders');
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
