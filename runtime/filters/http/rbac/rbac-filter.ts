/**
 * `envoy.filters.http.rbac`: lets requests pass by policies of who may do what. Shadow rules decide nothing; their result
 * is counted and kept as dynamic metadata.
 */
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, textOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
  StreamFilterContext,
} from '../../../http/filter.js';
import { under } from '../../../network/config-path.js';
import type { Counter, StatsScope } from '../../../stats/stat.js';
import type { Rbac, RbacDecision } from './compile-rbac.js';
import { compileRbac, rbacRulesSupportedFields } from './compile-rbac.js';

const message = 'envoy.extensions.filters.http.rbac.v3.';
const metadataName = 'envoy.filters.http.rbac';

interface RbacStats {
  readonly allowed: Counter;
  readonly denied: Counter;
  readonly shadowAllowed: Counter;
  readonly shadowDenied: Counter;
  /** Counts `policy.<name>.<what>`, with `track_per_rule_stats`. */
  countPolicy(name: string, what: string): void;
}

/** Rules of the filter or of a route. */
interface RbacRules {
  readonly enforced: Rbac | undefined;
  readonly shadow: Rbac | undefined;
  readonly metadataPrefix: string;
  readonly shadowMetadataPrefix: string;
  readonly perPolicy: boolean;
}

/** @param config `RBAC`. @throws ConfigError with the path inside it */
function compileRules(config: Fields): RbacRules {
  const rules = (field: string): Rbac | undefined =>
    config[field] === undefined ? undefined : under(() => compileRbac(config[field]), field);
  return {
    enforced: rules('rules'),
    shadow: rules('shadow_rules'),
    metadataPrefix: textOf(config.rules_stat_prefix),
    shadowMetadataPrefix: textOf(config.shadow_rules_stat_prefix),
    perPolicy: config.track_per_rule_stats === true,
  };
}

/** A prefix ends with a dot, whether it was written or not. */
function joined(prefix: string): string {
  return prefix === '' || prefix.endsWith('.') ? prefix : `${prefix}.`;
}

function createStats(config: Fields, statPrefix: string, scope: StatsScope): RbacStats {
  const own = `${statPrefix}rbac.${joined(textOf(config.rules_stat_prefix))}`;
  const shadow = `${statPrefix}rbac.${joined(textOf(config.shadow_rules_stat_prefix))}`;
  return {
    allowed: scope.counter(`${own}allowed`),
    denied: scope.counter(`${own}denied`),
    shadowAllowed: scope.counter(`${shadow}shadow_allowed`),
    shadowDenied: scope.counter(`${shadow}shadow_denied`),
    countPolicy(name, what) {
      scope.counter(`${what.startsWith('shadow') ? shadow : own}policy.${name}.${what}`).inc();
    },
  };
}

class GuardedStream implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly ofFilter: RbacRules;
  private readonly stats: RbacStats;

  constructor(callbacks: StreamFilterCallbacks, ofFilter: RbacRules, stats: RbacStats) {
    this.callbacks = callbacks;
    this.ofFilter = ofFilter;
    this.stats = stats;
  }

  decodeHeaders(): FilterStatus {
    const { callbacks, stats } = this;
    const rules = (callbacks.routeConfig as RbacRules | undefined) ?? this.ofFilter;
    if (rules.shadow !== undefined) {
      const decision = rules.shadow(callbacks);
      if (decision.allowed) stats.shadowAllowed.inc();
      else stats.shadowDenied.inc();
      this.tell(decision, `${rules.shadowMetadataPrefix}shadow`);
      this.countPolicy(rules, decision, 'shadow_');
    }
    if (rules.enforced === undefined) return 'continue';
    const decision = rules.enforced(callbacks);
    this.tell(decision, `${rules.metadataPrefix}enforced`);
    this.countPolicy(rules, decision, '');
    if (decision.logged !== undefined) {
      callbacks.setDynamicMetadata('envoy.common', { access_log_hint: decision.logged });
    }
    if (decision.allowed) {
      stats.allowed.inc();
      return 'continue';
    }
    stats.denied.inc();
    // Details have no white space.
    const policy = (decision.policy ?? 'none').replaceAll(/\s/g, '_');
    callbacks.sendLocalReply(403, 'RBAC: access denied', `rbac_access_denied_matched_policy[${policy}]`);
    return 'stop';
  }

  private tell({ allowed, policy }: RbacDecision, prefix: string): void {
    this.callbacks.setDynamicMetadata(metadataName, {
      ...(policy === undefined ? {} : { [`${prefix}_effective_policy_id`]: policy }),
      [`${prefix}_engine_result`]: allowed ? 'allowed' : 'denied',
    });
  }

  private countPolicy({ perPolicy }: RbacRules, { allowed, policy }: RbacDecision, prefix: string): void {
    if (!perPolicy || policy === undefined) return;
    this.stats.countPolicy(policy, `${prefix}${allowed ? 'allowed' : 'denied'}`);
  }
}

/** `envoy.extensions.filters.http.rbac.v3.RBAC`. */
export const rbacFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(given, { statPrefix, stats: scope }: StreamFilterContext) {
    const config = messageOf(given);
    const rules = compileRules(config);
    const stats = createStats(config, statPrefix, scope);
    return (callbacks) => new GuardedStream(callbacks, rules, stats);
  },
  routeConfig: {
    type: `${message}RBACPerRoute`,
    create: (config) => under(() => compileRules(messageOf(messageOf(config).rbac)), 'rbac'),
  },
};

export const rbacSupportedFields: SupportedFields = {
  [`${message}RBAC`]: {
    rules: true,
    rules_stat_prefix: true,
    shadow_rules: true,
    shadow_rules_stat_prefix: true,
    track_per_rule_stats: true,
  },
  [`${message}RBACPerRoute`]: { rbac: true },
  ...rbacRulesSupportedFields,
};
