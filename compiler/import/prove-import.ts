/**
 * The proof of an import: the module is compiled as any other, and must give what was read, to the byte.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../compile.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { emitYaml } from '../emit/emit-yaml.js';
import { importConfiguration } from './import-configuration.js';

/** A module that gives the same, or why there is none. */
export interface ProvenImport {
  /** The module; undefined when no module was found that gives the same. */
  readonly text?: string;
  /** True when builders could not be proven, so that the module has Envoy's own shape only. */
  readonly plain: boolean;
  /** Why the last attempt did not compile. */
  readonly errors: readonly Diagnostic[];
}

async function attempt(text: string, yaml: string): Promise<readonly Diagnostic[] | undefined> {
  const cwd = mkdtempSync(join(tmpdir(), 'envoy3-import-'));
  try {
    const entry = 'envoy3.config.ts';
    writeFileSync(join(cwd, entry), text);
    const result = await compile({ entry, cwd, env: {} });
    if (result.yaml === yaml) return undefined;
    const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
    const message = 'the module that was written gives another configuration';
    return errors.length > 0 ? errors : [{ severity: 'error', code: 'import', message }];
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** @param bootstrap canonical */
export async function proveImport(bootstrap: unknown): Promise<ProvenImport> {
  const yaml = emitYaml(bootstrap).text;
  let errors: readonly Diagnostic[] = [];
  for (const plain of [false, true]) {
    const text = importConfiguration(bootstrap, { plain });
    const failed = await attempt(text, yaml);
    if (failed === undefined) return { text, plain, errors: [] };
    errors = failed;
  }
  return { plain: true, errors };
}
