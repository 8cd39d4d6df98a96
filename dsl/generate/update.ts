/**
 * `npm run api:update -- RELEASE`: writes `facts/envoy-<major.minor>.txt` from the Go modules of that release and the
 * binary of real Envoy. A maintainer's command; a user's build reads the committed facts only.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiModel } from '../api/model/api-model.js';
import { formatFacts } from './facts-text.js';
import { readModel } from './sources/descriptors.js';
import { readBinaryDescriptors, readExtensionTable } from './sources/envoy-binary.js';
import { downloadGoModules, readGoModules } from './sources/go-module.js';

export interface UpdateOptions {
  readonly release: string;
  /** Base address of a Go module proxy. */
  readonly proxy: string;
  /** Path of the Envoy binary of that release. */
  readonly envoyBin: string;
  /** Folder of the facts. */
  readonly folder: string;
}

/** @returns the model that was written. */
export async function updateFacts(options: UpdateOptions): Promise<ApiModel> {
  const go = readGoModules(await downloadGoModules(options.release, options.proxy));
  const binary = readBinaryDescriptors(options.envoyBin);
  // Envoy pins its dependencies' protos itself, at other versions than go-control-plane does: the binary is right.
  for (const [name, bytes] of binary) if (!name.startsWith('envoy/')) go.files.set(name, bytes);
  const linked = new Set(binary.keys());
  const extensions = await readExtensionTable(options.envoyBin);
  const model = readModel(options.release, go.files, linked, go.categories, extensions);
  const name = `envoy-${options.release.split('.').slice(0, 2).join('.')}.txt`;
  writeFileSync(join(options.folder, name), formatFacts(model));
  return model;
}
