/**
 * h2spec in strict mode against the bundled runtime: all of its cases of HTTP/2 and HPACK. (Real Envoy 1.40 passes 133 of
 * the 146.)
 */
import { reservePort } from '../support/port-block.js';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, stop, waitForPort } from '../bench/processes.js';
import {
  connectionManager,
  listener,
  listenerAddress,
  staticCluster,
  toCluster,
} from '../support/bootstrap.js';

interface Context {
  readonly root: string;
  readonly h2specBin: string;
}

function h2spec(binary: string, port: number): Promise<string> {
  const args = ['-h', '127.0.0.1', '-p', String(port), '-S', '-o', '2'];
  return new Promise((done) => {
    execFile(binary, args, { timeout: 120_000, maxBuffer: 1 << 24 }, (_error, stdout, stderr) => {
      done(stdout + stderr);
    });
  });
}

export async function run({
  root,
  h2specBin,
}: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-h2spec-'));
  const upstream = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('hello'));
  });
  const upstreamPort = await new Promise<number>((done) => {
    upstream.listen(0, '127.0.0.1', () => done((upstream.address() as { port: number }).port));
  });
  const port = await reservePort();
  const main = listener(connectionManager([toCluster('up')], { codec_type: 'HTTP2' }), {
    address: listenerAddress(port),
  });
  const bootstrap = {
    static_resources: { listeners: [main], clusters: [staticCluster('up', upstreamPort)] },
  };
  writeFileSync(join(folder, 'envoy.json'), JSON.stringify(bootstrap));
  const cli = join(root, 'cli', 'envoy3.mjs');
  const args = [cli, 'serve', '-c', 'envoy.json', '--no-watch', '-l', 'error'];
  const running = start('envoy3', process.execPath, args, folder);
  try {
    await waitForPort(port, 'envoy3');
    const output = await h2spec(h2specBin, port);
    const summary = /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(output);
    if (summary === null) return { passed: 0, failed: 1, lines: [`no summary: ${output.slice(-500)}`] };
    const [total = 0, passed = 0] = summary.slice(1).map(Number);
    const failures = output.slice(output.indexOf('Failures:')).split('\n').slice(0, 80);
    return {
      passed,
      // A case that is skipped is not passed.
      failed: total - passed,
      lines: [summary[0], ...(total === passed ? [] : failures)],
    };
  } finally {
    await stop(running);
    upstream.close();
    upstream.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}
