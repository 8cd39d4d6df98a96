/**
 * `/config/history` and `/config/rollback`: an extension of Envoy's admin interface, there only under `serve --rollback`.
 */
import type { Endpoint, Handler } from './endpoint.js';
import { json, text } from './endpoint.js';

const history: Handler = (host) =>
  json({
    configurations: (host.history?.all() ?? []).map(({ generation, inForceSinceMs, sha256 }, at, all) => ({
      generation,
      in_force_since: new Date(inForceSinceMs).toISOString(),
      sha256,
      in_force: at === all.length - 1,
    })),
  });

const rollback: Handler = async (host, { query }) => {
  const asked = query.get('generation');
  if (asked !== null && !/^[1-9]\d*$/.test(asked)) {
    return text('usage: /config/rollback?generation=N, as /config/history has it\n', 400);
  }
  const refusal = await host.history?.rollback(asked === null ? undefined : Number(asked));
  return refusal === undefined ? text('OK\n') : text(`${refusal}\n`, 409);
};

export const historyEndpoints: readonly Endpoint[] = [
  { path: '/config/history', help: 'print the configurations that one can go back to', handle: history },
  {
    path: '/config/rollback',
    help: 'put the configuration before in force again, or the one of ?generation=N',
    mutates: true,
    handle: rollback,
  },
];
