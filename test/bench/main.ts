/**
 * `npm run bench [http1|grpc|tcp|compile|discovery|table [ROW...]]`: everything beside its peers, in one run. Compare ratios of one run, never figures of
 * two machines.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeCompiler } from '../../compiler/program/native-compiler.js';
import { benchCompile } from './compile.js';
import { benchDiscovery } from './discovery.js';
import { benchGrpc, benchHttp1 } from './http.js';
import { benchTable } from './table.js';
import { benchTcp } from './tcp.js';

/** This file runs from `dist/test/bench`. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

export async function main(): Promise<void> {
  const only = process.argv[2];
  const cli = join(root, 'cli', 'envoy3.mjs');
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  if (only === undefined || only === 'compile') {
    const frontProxy = join(root, 'templates', 'projects', 'front-proxy');
    benchCompile({ cli, frontProxy, runs: 7, tsc: nativeCompiler(), envoyBin: process.env.ENVOY_BIN }, print);
  }
  if (only === undefined || only === 'discovery') await benchDiscovery({ cli, seconds: 2, rounds: 3 }, print);
  if (only === undefined || only === 'http1') {
    await benchHttp1({ envoyBin: process.env.ENVOY_BIN, cli, seconds: 5, rounds: 5, connections: 64 }, print);
  }
  if (only === undefined || only === 'grpc') {
    await benchGrpc({ envoyBin: process.env.ENVOY_BIN, cli, seconds: 5, rounds: 5, connections: 8 }, print);
  }
  if (only === undefined || only === 'table') {
    const file = join(root, 'test', 'bench', 'RESULTS.md');
    const rows = process.argv.slice(3);
    const chosen = rows.length === 0 ? {} : { only: rows };
    await benchTable({ envoyBin: process.env.ENVOY_BIN, cli, seconds: 3, rounds: 3, file, ...chosen }, print);
  }
  if (only === undefined || only === 'tcp') {
    await benchTcp({ envoyBin: process.env.ENVOY_BIN, cli, seconds: 2, rounds: 5, connections: 64 }, print);
  }
}
