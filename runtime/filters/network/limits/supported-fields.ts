/** What the limits on connections serve of Envoy's messages. */
import type { SupportedFields } from '../../../config/supported-fields.js';

const filters = 'envoy.extensions.filters.network.';

export const connectionLimitsSupportedFields: SupportedFields = {
  [`${filters}connection_limit.v3.ConnectionLimit`]: {
    stat_prefix: true,
    max_connections: true,
    delay: true,
    runtime_enabled: true,
  },
  [`${filters}local_ratelimit.v3.LocalRateLimit`]: {
    stat_prefix: true,
    token_bucket: true,
    runtime_enabled: true,
    share_key: true,
  },
  'envoy.type.v3.TokenBucket': { max_tokens: true, tokens_per_fill: true, fill_interval: true },
  'envoy.config.core.v3.RuntimeFeatureFlag': { default_value: true, runtime_key: 'ignored' },
};
