/**
 * `envoy.filters.network.rbac`: lets connections pass by policies of who may connect. It decides by the first octets, as
 * Envoy does, so that the filter behind it is connected already. Shadow rules decide nothing; their result is counted and
 * kept as dynamic metadata.
 */
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Timer } from '../../../common/clock.js';
import type { Fields } from '../../../common/message-fields.js';
import { durationOf, messageOf, textOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import { under } from '../../../network/config-path.js';
import { endConnection } from '../../../network/end-connection.js';
import type { ConnectionInfo, FactoryContext, ReadFilter } from '../../../network/filter.js';
import { ConfigError } from '../../../network/filter.js';
import { onFirstOctets } from '../../../network/on-first-octets.js';
import type { Rbac, RbacDecision, RbacSubject } from '../../../rbac/compile-rbac.js';
import { compileRbac, rbacRulesSupportedFields } from '../../../rbac/compile-rbac.js';

const message = 'envoy.extensions.filters.network.rbac.v3.RBAC';
const metadataName = 'envoy.filters.network.rbac';

const noRequest = { method: '', scheme: '', authority: '', path: '', headers: [], random: 0 };

/** A connection as policies see it. */
class ConnectionSubject implements RbacSubject {
  readonly request = noRequest;
  readonly connection: RbacSubject['connection'];

  constructor(socket: Duplex, info: ConnectionInfo) {
    const certificate = (): Buffer | undefined =>
      socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined;
    this.connection = {
      info,
      get peerCertificate() {
        return certificate();
      },
    };
  }

  get info(): RbacSubject['info'] {
    const { info } = this.connection;
    const ip = info.remoteAddress.includes(':') ? `[${info.remoteAddress}]` : info.remoteAddress;
    return {
      downstreamRemoteAddress: `${ip}:${info.remotePort}`,
      dynamicMetadata(filter, path) {
        let value: unknown = info.dynamicMetadata?.[filter];
        for (const step of path) value = messageOf(value)[step];
        return value;
      },
    };
  }
}

function setMetadata(info: ConnectionInfo, namespace: string, fields: Fields): void {
  const before = info.dynamicMetadata;
  info.dynamicMetadata = { ...before, [namespace]: { ...before?.[namespace], ...fields } };
}

/** Connections have no headers. @throws ConfigError in Envoy's words */
function refuseHeaders(rules: unknown, path: readonly (string | number)[]): void {
  if (typeof rules !== 'object' || rules === null) return;
  for (const [name, value] of Object.entries(rules)) {
    const step = Array.isArray(rules) ? Number(name) : name;
    // A policy may be called anything.
    if (step === 'header' && path.at(-1) !== 'policies') {
      throw new ConfigError('Found header rule, not supported by RBAC network filter', [...path, step]);
    }
    refuseHeaders(value, [...path, step]);
  }
}

class RbacFilter implements ReadFilter {
  private readonly context: FactoryContext;
  private readonly enforced: Rbac | undefined;
  private readonly shadow: Rbac | undefined;
  private readonly shadowPrefix: string;
  private readonly continuous: boolean;
  /** 0: a refused connection is closed at once. */
  private readonly delayDenyMs: number;
  private readonly stats: ReturnType<RbacFilter['createStats']>;
  private readonly refused = new Map<Duplex, Timer>();

  /** @throws ConfigError with the path inside the message */
  constructor(config: Fields, context: FactoryContext) {
    const rules = (field: string): Rbac | undefined =>
      config[field] === undefined
        ? undefined
        : under(() => {
            refuseHeaders(config[field], []);
            return compileRbac(config[field]);
          }, field);
    this.context = context;
    this.enforced = rules('rules');
    this.shadow = rules('shadow_rules');
    this.shadowPrefix = textOf(config.shadow_rules_stat_prefix);
    this.continuous = textOf(config.enforcement_type) === 'CONTINUOUS';
    this.delayDenyMs = durationOf(config.delay_deny, 0);
    this.stats = this.createStats(textOf(config.stat_prefix));
  }

  private createStats(statPrefix: string) {
    const counter = (name: string) =>
      this.context.stats.counter(`${statPrefix.replace(/\.$/, '')}.rbac.${name}`);
    const shadow = this.shadowPrefix === '' ? '' : `${this.shadowPrefix.replace(/\.$/, '')}.`;
    return {
      allowed: counter('allowed'),
      denied: counter('denied'),
      shadowAllowed: counter(`${shadow}shadow_allowed`),
      shadowDenied: counter(`${shadow}shadow_denied`),
    };
  }

  onNewConnection(socket: Duplex, info: ConnectionInfo): boolean {
    const subject = new ConnectionSubject(socket, info);
    onFirstOctets(socket, () => {
      if (!this.passes(socket, subject)) return false;
      if (this.continuous) this.goOnCounting(socket, subject);
      return true;
    });
    return true;
  }

  private passes(socket: Duplex, subject: RbacSubject): boolean {
    const { enforced, shadow, stats } = this;
    const { info } = subject.connection;
    if (shadow !== undefined) {
      const decision = shadow(subject);
      (decision.allowed ? stats.shadowAllowed : stats.shadowDenied).inc();
      this.tellShadow(info, decision);
    }
    if (enforced === undefined) return true;
    const { allowed, logged, policy } = enforced(subject);
    if (logged !== undefined) setMetadata(info, 'envoy.common', { access_log_hint: logged });
    (allowed ? stats.allowed : stats.denied).inc();
    if (allowed) return true;
    info.terminationDetails = `rbac_access_denied_matched_policy[${(policy ?? 'none').replaceAll(/\s/g, '_')}]`;
    info.discardedOctets = socket.readableLength;
    this.refuse(socket);
    return false;
  }

  private tellShadow(info: ConnectionInfo, { allowed, policy }: RbacDecision): void {
    setMetadata(info, metadataName, {
      ...(policy === undefined ? {} : { [`${this.shadowPrefix}shadow_effective_policy_id`]: policy }),
      [`${this.shadowPrefix}shadow_engine_result`]: allowed ? 'allowed' : 'denied',
    });
  }

  private refuse(socket: Duplex): void {
    if (this.delayDenyMs === 0) {
      // The octets that it was refused by count as read.
      socket.destroy();
      return;
    }
    const timer = this.context.clock.setTimer(this.delayDenyMs, () => endConnection(socket, 'now'));
    this.refused.set(socket, timer);
    socket.once('close', () => {
      timer.cancel();
      this.refused.delete(socket);
    });
  }

  /** `CONTINUOUS`: asked with everything that comes. It begins with the octets that the first question was about. */
  private goOnCounting(socket: Duplex, subject: RbacSubject): void {
    let isFirst = true;
    const onData = (): void => {
      if (isFirst) isFirst = false;
      else this.passes(socket, subject);
    };
    // A listener of ours alone would start the socket, and what comes would be lost to who reads it.
    socket.prependListener('end', () => this.passes(socket, subject));
    if (socket.listenerCount('data') > 0) socket.prependListener('data', onData);
    else {
      const onListener = (event: string): void => {
        if (event !== 'data') return;
        socket.off('newListener', onListener);
        socket.prependListener('data', onData);
      };
      socket.on('newListener', onListener);
    }
  }

  close(): void {
    for (const socket of this.refused.keys()) socket.destroy();
  }
}

export function networkRbacFactory(config: unknown, context: FactoryContext): ReadFilter {
  return new RbacFilter(messageOf(config), context);
}

export const networkRbacSupportedFields: SupportedFields = {
  [message]: {
    rules: true,
    shadow_rules: true,
    shadow_rules_stat_prefix: true,
    stat_prefix: true,
    enforcement_type: true,
    delay_deny: true,
  },
  ...rbacRulesSupportedFields,
};
