/**
 * A way to bring a configuration to machines: the files that `envoy3 deploy` writes for it, out of `templates/deploy`.
 */

/** Which proxy serves the configuration: the bundled runtime, or real Envoy. */
export type Engine = 'bundled' | 'envoy';

/** One file of a target. */
export interface DeployFile {
  /** Under the folder of `-o`; `{{name}}` and other settings may stand in it. */
  readonly path: string;
  /** Under `templates/deploy`; `configuration` is the configuration itself, octet by octet. */
  readonly template: string;
  /** Written for this engine only. Default: for both. */
  readonly engine?: Engine;
  /** A program: written with mode 0755. */
  readonly executable?: boolean;
}

export interface DeployTarget {
  readonly name: string;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  /** False: its files are the same for every configuration, and none is read. */
  readonly needsConfiguration: boolean;
  /** It is about listeners: there must be one with a port. */
  readonly needsListeners?: boolean;
  /** The proxy runs by our systemd unit, in its sandbox. */
  readonly runsUnit?: boolean;
  readonly files: readonly DeployFile[];
}
