/**
 * `lb_subset_config` of a cluster, or the policy `envoy.load_balancing_policies.subset`: they have the same fields.
 */
import type { Fields } from '../../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../common/message-fields.js';
import type { MetadataCriterion } from '../../common/metadata-criteria.js';
import { metadataCriteria } from '../../common/metadata-criteria.js';
import { under } from '../../network/config-path.js';
import { ConfigError } from '../../network/filter.js';

export type SubsetFallback = 'NO_FALLBACK' | 'ANY_ENDPOINT' | 'DEFAULT_SUBSET';

export interface SubsetSelector {
  /** Sorted. */
  readonly keys: readonly string[];
  readonly singleHost: boolean;
  readonly fallback: SubsetFallback | 'NOT_DEFINED' | 'KEYS_SUBSET';
  readonly fallbackKeys: readonly string[];
}

export interface SubsetOptions {
  readonly fallback: SubsetFallback;
  readonly defaultSubset: readonly MetadataCriterion[];
  readonly selectors: readonly SubsetSelector[];
  readonly localityWeightAware: boolean;
  readonly scaleLocalityWeight: boolean;
  readonly panicModeAny: boolean;
  readonly listAsAny: boolean;
  /** `metadata_fallback_policy: FALLBACK_LIST`. */
  readonly usesFallbackList: boolean;
  /** Criteria that no selector has are left out before a subset is looked for. */
  readonly allowRedundantKeys: boolean;
}

function readSelector(selector: Fields): SubsetSelector {
  const keys = [...new Set((selector.keys ?? []) as readonly string[])].sort();
  const fallbackKeys = [...new Set((selector.fallback_keys_subset ?? []) as readonly string[])];
  const fallback = textOf(selector.fallback_policy, 'NOT_DEFINED') as SubsetSelector['fallback'];
  if (fallback !== 'KEYS_SUBSET') {
    if (fallbackKeys.length > 0) {
      throw new ConfigError('fallback_keys_subset can be set only for KEYS_SUBSET fallback_policy', [
        'fallback_keys_subset',
      ]);
    }
  } else if (fallbackKeys.length === 0) {
    throw new ConfigError('fallback_keys_subset cannot be empty', ['fallback_policy']);
  } else if (fallbackKeys.some((key) => !keys.includes(key))) {
    throw new ConfigError('fallback_keys_subset must be a subset of selector keys', ['fallback_keys_subset']);
  } else if (fallbackKeys.length === keys.length) {
    throw new ConfigError('fallback_keys_subset cannot be equal to keys', ['fallback_keys_subset']);
  }
  return { keys, singleHost: selector.single_host_per_subset === true, fallback, fallbackKeys };
}

/** @throws ConfigError with the path inside the message */
export function readSubsetOptions(config: Fields): SubsetOptions {
  return {
    fallback: textOf(config.fallback_policy, 'NO_FALLBACK') as SubsetFallback,
    defaultSubset: metadataCriteria(messageOf(config.default_subset)),
    selectors: messagesOf(config.subset_selectors).map((selector, index) =>
      under(() => readSelector(selector), 'subset_selectors', index),
    ),
    localityWeightAware: config.locality_weight_aware === true,
    scaleLocalityWeight: config.scale_locality_weight === true,
    panicModeAny: config.panic_mode_any === true,
    listAsAny: config.list_as_any === true,
    usesFallbackList: textOf(config.metadata_fallback_policy) === 'FALLBACK_LIST',
    allowRedundantKeys: config.allow_redundant_keys === true,
  };
}
