/**
 * The recorded option sets for headers, each with a plain and a crowded request, sent live to real Envoy and to the bundled
 * runtime. Sets that the runtime refuses by name are counted apart: neither passed nor failed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readYaml } from '../../dsl/api/index.js';
import type { DifferentialCase, DifferentialContext, DifferentialResult } from './differential.js';
import { refusal, runDifferential } from './differential.js';

type Json = Record<string, unknown>;

interface Recording {
  readonly std_request: string;
  readonly full_request: string;
  readonly 'backend_response_to_/full': string;
}

/** Their values are times, ports and sizes of heads, which differ from run to run. */
const isFormats = (manager: Json): boolean => String(manager.stat_prefix).startsWith('formats');

function managersOf(text: string): Json[] {
  const bootstrap = readYaml(text).value as { static_resources: { listeners: Json[] } };
  return bootstrap.static_resources.listeners.flatMap((listener) => {
    const chains = listener.filter_chains as {
      filters: { typed_config: Json }[];
      transport_socket?: unknown;
    }[];
    const [chain] = chains;
    const manager = chain?.filters[0]?.typed_config;
    // TLS would need the recording's certificates.
    return manager?.route_config === undefined || chain?.transport_socket !== undefined || isFormats(manager)
      ? []
      : [manager];
  });
}

/** Every cluster of the recording is the case's own. */
function toOwnCluster(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toOwnCluster);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'cluster' && typeof item === 'string' ? 'CLUSTER' : toOwnCluster(item),
    ]),
  );
}

export async function run(
  context: DifferentialContext & { readonly sharedDir: string },
): Promise<DifferentialResult> {
  const oracle = join(context.sharedDir, 'oracle');
  const recorded = JSON.parse(readFileSync(join(oracle, '02-headers.json'), 'utf8')) as Recording;
  const cases = managersOf(readFileSync(join(oracle, '02-headers.yaml'), 'utf8')).flatMap(
    (manager): DifferentialCase[] => {
      const { access_log, http_filters, route_config, stat_prefix, ...options } = manager;
      const { virtual_hosts, name, ...routeConfig } = route_config as Json;
      const one = {
        manager: { ...options, '@type': undefined },
        virtualHosts: toOwnCluster(virtual_hosts) as unknown[],
        routeConfig,
      };
      return [
        { ...one, id: `${String(stat_prefix)} plain`, request: recorded.std_request },
        {
          ...one,
          id: `${String(stat_prefix)} full`,
          request: recorded.full_request,
          answer: recorded['backend_response_to_/full'],
        },
      ];
    },
  );
  const refused = cases.filter((one) => refusal(one) !== undefined);
  const served = cases.filter((one) => !refused.includes(one));
  const result = await runDifferential(served, {}, context);
  const names = refused.map(
    (one) => `refused by name: ${one.id}: ${refusal(one)?.split('\n')[0]?.slice(0, 200)}`,
  );
  return { ...result, lines: [...result.lines, ...names] };
}
