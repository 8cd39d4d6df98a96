/** `envoy.filters.network.connection_limit`: so many connections at once, those beyond are closed. */
import type { Duplex } from 'node:stream';
import type { Timer } from '../../../common/clock.js';
import { wholeLimit } from '../../../common/limit-share.js';
import { durationOf, messageOf, numberOf, textOf } from '../../../common/message-fields.js';
import { endConnection } from '../../../network/end-connection.js';
import type { ConnectionInfo, FactoryContext, ReadFilter } from '../../../network/filter.js';
import { isEnabled } from './is-enabled.js';

class ConnectionLimit implements ReadFilter {
  private readonly context: FactoryContext;
  private readonly enabled: boolean;
  private readonly max: number;
  /** A connection beyond the limit is kept that long before it is closed, so that its client does not come back at once. */
  private readonly delayMs: number;
  private readonly limited;
  private readonly active;
  private taken = 0;
  private readonly delayed = new Map<Duplex, Timer>();

  constructor(config: unknown, context: FactoryContext) {
    const fields = messageOf(config);
    const prefix = `connection_limit.${textOf(fields.stat_prefix)}.`;
    this.context = context;
    this.enabled = isEnabled(fields.runtime_enabled);
    this.max = (context.shareOfLimit ?? wholeLimit)(numberOf(fields.max_connections, 0));
    this.delayMs = durationOf(fields.delay, 0);
    this.limited = context.stats.counter(`${prefix}limited_connections`);
    this.active = context.stats.gauge(`${prefix}active_connections`);
  }

  onNewConnection(socket: Duplex, _info: ConnectionInfo): boolean {
    if (!this.enabled) return true;
    this.active.inc();
    socket.once('close', () => this.active.dec());
    if (this.taken < this.max) {
      this.taken++;
      socket.once('close', () => {
        this.taken--;
      });
      return true;
    }
    this.limited.inc();
    this.refuse(socket);
    return false;
  }

  private refuse(socket: Duplex): void {
    socket.on('error', () => undefined);
    if (this.delayMs === 0) {
      endConnection(socket, 'now');
      return;
    }
    const timer = this.context.clock.setTimer(this.delayMs, () => endConnection(socket, 'now'));
    this.delayed.set(socket, timer);
    socket.once('close', () => {
      timer.cancel();
      this.delayed.delete(socket);
    });
  }

  close(): void {
    for (const socket of this.delayed.keys()) socket.destroy();
  }
}

export function connectionLimitFactory(config: unknown, context: FactoryContext): ReadFilter {
  return new ConnectionLimit(config, context);
}
