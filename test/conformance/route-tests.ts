/**
 * The matcher of the route tests beside real Envoy: for every configuration of the corpus that has routes, requests that
 * are made to meet each of them go through both, and cluster, path, host, status, location and route must be the same.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replayOnEnvoy } from '../../cli/support/replay-on-envoy.js';
import type { RouteTest } from '../../compiler/tools.js';
import { RouteSimulator, runRouteTests, witnessRequests } from '../../compiler/tools.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';

interface Context {
  readonly sharedDir: string;
  readonly envoyBin: string;
}

export async function run({ envoyBin, sharedDir }: Context) {
  const rows = readFileSync(join(sharedDir, 'corpus', 'VERDICTS.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  const lines: string[] = [];
  let [passed, failed, skipped, configurations] = [0, 0, 0, 0];
  for (const row of rows) {
    const [path = '', , , , verdict] = row.split('\t');
    if (verdict !== 'accept') continue;
    const text = readFileSync(join(sharedDir, 'corpus', path), 'utf8');
    const { value } = readMessage('envoy.config.bootstrap.v3.Bootstrap', readYaml(text).value);
    const simulator = RouteSimulator.ofBootstrap(value);
    if (simulator.configurations.length === 0) continue;
    const tests = witnessRequests(simulator).map(
      (request): RouteTest => ({
        name: `${request.method} ${request.scheme}://${request.authority}${request.path}`,
        request,
        expect: {},
        asRouterCheck: false,
        path: [],
      }),
    );
    try {
      const replayed = await replayOnEnvoy(simulator, runRouteTests(simulator, tests), envoyBin);
      configurations++;
      for (const { mismatches, result, skipped: reason } of replayed) {
        if (reason !== undefined) skipped++;
        else if (mismatches.length === 0) passed++;
        else {
          failed++;
          const what = mismatches.map(
            ({ actual, expected, field }) => `${field} '${expected}', Envoy '${actual}'`,
          );
          lines.push(`${path}: ${result.test.name}: ${what.join('; ')}`);
        }
      }
    } catch (error) {
      lines.push(`not run: ${path}: ${(error as Error).message.split('\n').at(-1)}`);
    }
  }
  lines.push(`${configurations} configurations, ${skipped} requests that cannot be replayed`);
  return { passed, failed, lines };
}
