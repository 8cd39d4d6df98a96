/**
 * What the admin interface shows of resources that come from files.
 */
import type { envoy_config_bootstrap_v3_Bootstrap as Bootstrap } from '../../dsl/api/generated/types.js';
import type { Fields } from '../common/message-fields.js';

export interface DynamicResource {
  readonly name: string;
  readonly resource: Fields;
  /** Of the file when this resource was last changed. */
  readonly versionInfo: string;
  /** Wall-clock milliseconds since the epoch. */
  readonly lastUpdatedMs: number;
}

export interface DynamicList {
  /** Of the last file that was taken. */
  readonly versionInfo: string;
  readonly resources: readonly DynamicResource[];
}

export interface DynamicDump {
  /** The bootstrap as it was written, without what came from files. */
  readonly written: Bootstrap;
  readonly clusters: DynamicList;
  readonly listeners: DynamicList;
  readonly routes: readonly DynamicResource[];
}
