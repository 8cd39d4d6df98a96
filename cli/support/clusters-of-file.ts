import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { readMessage, readYaml } from '../../dsl/api/index.js';
import type { DnsCluster } from '../../runtime/discovery/index.js';
import { dnsClustersOf } from '../../runtime/discovery/index.js';

/**
 * The clusters of a bootstrap in a file, read again when the file is another one.
 * @returns a function that throws an Error in words when the file cannot be read, or is no bootstrap
 */
export function clustersOfFile(path: string): () => readonly DnsCluster[] {
  let stamp = '';
  let known: readonly DnsCluster[] = [];
  return () => {
    const { ino, mtimeMs, size } = statSync(path);
    const next = `${ino} ${mtimeMs} ${size}`;
    if (next === stamp) return known;
    const { errors, value } = readYaml(readFileSync(path, 'utf8'));
    const [error] = errors;
    if (error !== undefined) throw new Error(`${basename(path)}: ${error.message}`);
    const read = readMessage('envoy.config.bootstrap.v3.Bootstrap', value);
    const [issue] = read.issues;
    if (issue !== undefined) throw new Error(`${basename(path)}: ${issue.path.join('.')}: ${issue.message}`);
    known = dnsClustersOf(read.value);
    stamp = next;
    return known;
  };
}
