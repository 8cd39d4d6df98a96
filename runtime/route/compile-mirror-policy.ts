/**
 * `request_mirror_policies`: copies of requests for a cluster that is tried out.
 */
import type { Fields } from '../common/message-fields.js';
import { messagesOf, textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import { compileClusterName } from './compile-cluster-choice.js';
import { compileFraction } from './compile-fraction.js';
import type { MirrorPolicy } from './route-table.js';

function compilePolicy(policy: Fields): MirrorPolicy {
  const { cluster_header, runtime_fraction } = policy;
  const cluster = textOf(policy.cluster);
  const header = textOf(cluster_header);
  if ((cluster === '') === (header === '')) {
    throw new ConfigError(
      cluster === ''
        ? 'Exactly one of cluster or cluster_header in request mirror policy need to be specified'
        : `Only one of cluster '${cluster}' or cluster_header '${header}' in request mirror policy can be specified`,
    );
  }
  const named = header === '' ? { cluster } : { cluster_header };
  return {
    cluster: compileClusterName(named),
    applies: runtime_fraction === undefined ? () => true : compileFraction(runtime_fraction),
    appendsSuffix: policy.disable_shadow_host_suffix_append !== true,
    hostRewrite: toOctets(textOf(policy.host_rewrite_literal)),
  };
}

/** @throws ConfigError with the path from the list on */
export function compileMirrorPolicies(config: unknown): readonly MirrorPolicy[] {
  return messagesOf(config).map((policy, index) => under(() => compilePolicy(policy), index));
}
