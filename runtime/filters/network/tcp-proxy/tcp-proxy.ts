/** `envoy.filters.network.tcp_proxy`: the factory. */
import { messageOf, textOf } from '../../../common/message-fields.js';
import type { ConnectionInfo, FactoryContext, NetworkFilter } from '../../../network/filter.js';
import type { TcpProxyConfig } from './tcp-proxy-config.js';
import { tcpProxyConfig } from './tcp-proxy-config.js';
import { createTcpProxyStats } from './tcp-proxy-stats.js';
import type { TcpProxyShared } from './tcp-session.js';
import { TcpSession } from './tcp-session.js';
import { TcpStreamInfo } from './tcp-stream-info.js';

class TcpProxy implements NetworkFilter {
  private readonly shared: TcpProxyShared;
  private readonly sessions = new Set<TcpSession>();
  private readonly statPrefix: string;
  private config: TcpProxyConfig;

  constructor(config: TcpProxyConfig, statPrefix: string, context: FactoryContext) {
    const { clock, clusters, random, stats } = context;
    this.config = config;
    this.statPrefix = statPrefix;
    this.shared = {
      clock,
      clusters,
      random,
      stats: createTcpProxyStats(statPrefix, stats),
      isDraining: () => context.isDraining(),
      onGone: (session) => this.sessions.delete(session),
    };
  }

  get activeConnections(): number {
    return this.sessions.size;
  }

  onConnection(...[socket, info]: Parameters<NetworkFilter['onConnection']>): void {
    const session = new TcpSession(socket, info, this.config, this.shared);
    this.sessions.add(session);
    session.start();
  }

  onRefused(info: ConnectionInfo): void {
    const { clock, stats } = this.shared;
    stats.cxTotal.inc();
    const log = new TcpStreamInfo(info, clock);
    log.durationMs = 0;
    if (info.refusalFlag !== undefined) log.flags.add(info.refusalFlag);
    for (const logger of this.config.accessLoggers) logger.log(log);
  }

  /** Connections that are open keep what they began with; those to come get the new one. */
  prepareUpdate(config: unknown, context: FactoryContext): (() => void) | undefined {
    const proxy = messageOf(config);
    if (textOf(proxy.stat_prefix) !== this.statPrefix) return undefined;
    const next = tcpProxyConfig(proxy, context);
    return () => {
      this.config = next;
    };
  }

  /** Nobody can tell when a connection is idle for good: they go on until the end of the drain time, as in Envoy. */
  drain(): void {}

  close(): void {
    for (const session of [...this.sessions]) session.close();
  }
}

export function tcpProxyFactory(config: unknown, context: FactoryContext): NetworkFilter {
  const proxy = messageOf(config);
  return new TcpProxy(tcpProxyConfig(proxy, context), textOf(proxy.stat_prefix), context);
}
