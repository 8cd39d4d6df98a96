/**
 * `npm run api:update -- RELEASE`: writes `facts/envoy-<major.minor>.txt` from the Go modules of that release and the
 * binary of real Envoy. A maintainer's command; a user's build reads the committed facts only.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiHistory } from '../api/model/api-history.js';
import type { ApiModel } from '../api/model/api-model.js';
import { compareReleases } from './compare-releases.js';
import { formatFacts, parseFacts } from './facts-text.js';
import { formatHistory } from './history-text.js';
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

/** One release as its binary tells it: without the categories of slots, which stand in comments only. */
export async function readRelease(release: string, envoyBin: string): Promise<ApiModel> {
  const files = readBinaryDescriptors(envoyBin);
  const extensions = await readExtensionTable(envoyBin);
  return readModel(release, files, new Set(files.keys()), new Map(), extensions);
}

export interface OlderReleasesOptions {
  /** Oldest first. */
  readonly releases: readonly { readonly release: string; readonly envoyBin: string }[];
  /** Folder of the facts, which has those of the newest release. */
  readonly folder: string;
}

/** Writes `older-releases.txt`: what older releases differ in from the facts that are there. */
export async function updateOlderReleases({ folder, releases }: OlderReleasesOptions): Promise<ApiHistory> {
  const newest = parseFacts(readFileSync(join(folder, 'envoy-1.40.txt'), 'utf8'));
  const models: ApiModel[] = [];
  for (const { release, envoyBin } of releases) models.push(await readRelease(release, envoyBin));
  const history = compareReleases(models, newest);
  writeFileSync(join(folder, 'older-releases.txt'), formatHistory(history));
  return history;
}
