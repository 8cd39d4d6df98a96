/**
 * The contract of TLS that follows its files: what it was made of, and how it is made anew while connections go on.
 */

/** One transport socket in use. */
export interface RotatingTls {
  /** The same object as long as it is the same context: it need not be looked at anew. */
  readonly key: object;
  /** For messages: `listener 'main'`, `cluster 'web'`. */
  readonly name: string;
  /** All files that it was read from: certificates, keys, authorities, secrets. */
  readonly files: readonly string[];
  /**
   * Reads all files again.
   * @returns puts what was read in force for new connections; those that exist stay. It tells whether anything differs
   * @throws ConfigError with the name of the file; nothing has changed then
   */
  prepare(): () => boolean;
}
