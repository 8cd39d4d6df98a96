/**
 * The README of each project, followed to the letter on real Envoy: what it says of the bundled runtime is true of both.
 */
import { followReadme } from '../support/follow-readme.js';

interface Context {
  readonly envoyBin: string;
}

/** `minimal` is served by the command alone. */
const projects = [
  'consul-mesh',
  'edge-tls',
  'front-proxy',
  'multi-env',
  'sidecar',
  'tcp-proxy',
  'websocket',
] as const;

export async function run({
  envoyBin,
}: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const project of projects) {
    try {
      passed += await followReadme(project, envoyBin);
    } catch (error) {
      failed++;
      lines.push((error as Error).message);
    }
  }
  return { passed, failed, lines };
}
