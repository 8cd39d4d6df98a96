/**
 * News of a Consul agent, ours or real: a blocking query on the service of a cluster comes back when its instances or
 * their health change, and the cluster then asks DNS at once instead of at its next turn. It is a hint and no more: what
 * the agent answers is thrown away, and without an agent the cluster goes on at its rate.
 *
 * A cluster says whom to listen to in its metadata, which real Envoy carries along without reading it:
 * `metadata.filter_metadata['envoy3.discovery'] = { agent: 'http://127.0.0.1:8500', service: 'orders' }`.
 */
import type { ClientRequest } from 'node:http';
import { Agent as HttpAgent, get as httpGet } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import type { Clock, Timer } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { messageOf, textOf } from '../../common/message-fields.js';

/** Whom to listen to. */
export interface DiscoverySource {
  readonly agent: string;
  readonly service: string;
  /** Another one than the agent's, or ''. */
  readonly datacenter: string;
  /** Take ports and weights from SRV records. */
  readonly srv: boolean;
}

/** @returns undefined when the cluster does not say */
export function discoverySource(config: unknown): DiscoverySource | undefined {
  const metadata = messageOf(messageOf(messageOf(config).metadata).filter_metadata);
  const source = messageOf(metadata['envoy3.discovery']);
  const service = textOf(source.service);
  if (service === '') return undefined;
  return {
    agent: textOf(source.agent),
    service,
    datacenter: textOf(source.datacenter),
    srv: source.srv === true,
  };
}

export interface DiscoveryPushOptions {
  readonly source: DiscoverySource;
  readonly clock: Clock;
  /** Of [0, 1), for the time between tries. */
  readonly random: () => number;
  readonly log?: Pick<Logger, 'debug' | 'info'> | undefined;
  readonly onChange: () => void;
}

/** What the agent is asked to wait; and how much longer before it is taken for dead. */
const waitMs = 60_000;
const graceMs = 15_000;
const firstRetryMs = 1000;
const longestRetryMs = 60_000;

/** @returns a function that ends it */
export function followDiscovery(options: DiscoveryPushOptions): () => void {
  const { source, clock, random, log } = options;
  if (!URL.canParse(source.agent) || !/^https?:$/.test(new URL(source.agent).protocol)) return () => {};
  const isTls = source.agent.startsWith('https:');
  const connections = isTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const get = isTls ? httpsGet : httpGet;
  let index = 0;
  let retryMs = firstRetryMs;
  let failing = false;
  let stopped = false;
  let timer: Timer | undefined;
  let request: ClientRequest | undefined;

  const again = (delayMs: number): void => {
    timer?.cancel();
    if (stopped) return;
    if (delayMs === 0) ask();
    else timer = clock.setTimer(delayMs, ask);
  };
  const fail = (reason: string): void => {
    if (stopped) return;
    if (!failing) log?.info(`no news of '${source.service}' from ${source.agent}: ${reason}; DNS goes on`);
    failing = true;
    again(retryMs * (0.5 + random() / 2));
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  };
  const take = (next: number): void => {
    if (failing) log?.info(`news of '${source.service}' from ${source.agent} again`);
    // After a time without news, something may have changed.
    const isNews = failing || (index > 0 && next !== index);
    failing = false;
    retryMs = firstRetryMs;
    // An index that went back, or is none, is begun with anew.
    index = next < index || !Number.isInteger(next) || next < 1 ? 0 : next;
    if (isNews) options.onChange();
    again(index === 0 ? firstRetryMs : 0);
  };

  function ask(): void {
    const url = new URL(`/v1/health/service/${encodeURIComponent(source.service)}`, source.agent);
    if (source.datacenter !== '') url.searchParams.set('dc', source.datacenter);
    if (index > 0) {
      url.searchParams.set('index', String(index));
      url.searchParams.set('wait', `${waitMs}ms`);
    }
    let open = true;
    const end = (finish: () => void): void => {
      if (!open) return;
      open = false;
      timer?.cancel();
      finish();
    };
    const current = get(url, { agent: connections }, (response) => {
      response.resume();
      response.on('error', ({ message }) => end(() => fail(message)));
      response.on('end', () =>
        end(() => {
          if (response.statusCode !== 200) fail(`status ${response.statusCode}`);
          else take(Number(response.headers['x-consul-index'] ?? 0));
        }),
      );
    });
    request = current;
    current.on('error', ({ message }) => end(() => fail(message)));
    timer = clock.setTimer(waitMs + waitMs / 16 + graceMs, () =>
      end(() => {
        current.destroy();
        fail('no answer');
      }),
    );
  }

  ask();
  return () => {
    stopped = true;
    timer?.cancel();
    request?.destroy();
    connections.destroy();
  };
}
