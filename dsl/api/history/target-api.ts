/**
 * The API of one Envoy release, for who configures an older one than this package was built for.
 */
import { history } from '../generated/history.js';
import { table } from '../generated/table.js';
import type { ApiModel } from '../model/api-model.js';
import type { MessageReader } from '../reader/message-reader.js';
import { createReader } from '../reader/message-reader.js';
import type { Span } from './fact-releases.js';
import { FactReleases } from './fact-releases.js';
import { releaseModel } from './release-model.js';
import { minorOf } from './release-order.js';

export interface TargetApi {
  /** `1.38`. */
  readonly release: string;
  readonly model: ApiModel;
  readonly read: MessageReader;
  /** Which releases have what. */
  readonly releases: FactReleases;
}

export type { Span };

/** `envoy-1.36` to `envoy-1.40`, oldest first. */
export const targetNames: readonly string[] = history.releases.map((release) => `envoy-${minorOf(release)}`);

/** @returns undefined when the name is none of `targetNames` */
export function targetApi(name: string): TargetApi | undefined {
  const index = targetNames.indexOf(name);
  if (index < 0) return undefined;
  const model = index === targetNames.length - 1 ? table : releaseModel(table, history, index);
  return {
    release: name.slice('envoy-'.length),
    model,
    read: createReader(model),
    releases: new FactReleases(table, history),
  };
}
