/**
 * Every lint rule, by pack. The order is that of `Pack`; inside of a pack that of the names.
 */
import type { LintRule } from './lint-rule.js';
import { expiredCertificate } from './rules/expired-certificate.js';
import { noChunkedLength } from './rules/no-chunked-length.js';
import { noCostlyRegex } from './rules/no-costly-regex.js';
import { noDeepForwardedTrust } from './rules/no-deep-forwarded-trust.js';
import { noDeprecatedField } from './rules/no-deprecated-field.js';
import { noDisabledIdleTimeout } from './rules/no-disabled-idle-timeout.js';
import { noDisabledPanic } from './rules/no-disabled-panic.js';
import { noDoubleSlashRewrite } from './rules/no-double-slash-rewrite.js';
import { noDuplicateListenerName } from './rules/no-duplicate-listener-name.js';
import { noDuplicateThreshold } from './rules/no-duplicate-threshold.js';
import { noDuplicateVirtualHostName } from './rules/no-duplicate-virtual-host-name.js';
import { noEmptyVirtualHost } from './rules/no-empty-virtual-host.js';
import { noForgeableClientCert } from './rules/no-forgeable-client-cert.js';
import { noFullTracing } from './rules/no-full-tracing.js';
import { noGrpcBuffering } from './rules/no-grpc-buffering.js';
import { noGrpcStreamTimeout } from './rules/no-grpc-stream-timeout.js';
import { noHastyHealthCheck } from './rules/no-hasty-health-check.js';
import { noHttpRetryOnGrpc } from './rules/no-http-retry-on-grpc.js';
import { noImpossibleFraction } from './rules/no-impossible-fraction.js';
import { noInlinePrivateKey } from './rules/no-inline-private-key.js';
import { noInvertedTlsRange } from './rules/no-inverted-tls-range.js';
import { noLargeHashRing } from './rules/no-large-hash-ring.js';
import { noLargeHeaderLimit } from './rules/no-large-header-limit.js';
import { noLongInlineCode } from './rules/no-long-inline-code.js';
import { noLongRouteList } from './rules/no-long-route-list.js';
import { noLooseWildcardDomain } from './rules/no-loose-wildcard-domain.js';
import { noOldFilterName } from './rules/no-old-filter-name.js';
import { noOldTls } from './rules/no-old-tls.js';
import { noOpenCors } from './rules/no-open-cors.js';
import { noPlaceholder } from './rules/no-placeholder.js';
import { noPlaintextTlsPort } from './rules/no-plaintext-tls-port.js';
import { noPriorityGap } from './rules/no-priority-gap.js';
import { noPublicAdmin } from './rules/no-public-admin.js';
import { noRaisedFloodLimits } from './rules/no-raised-flood-limits.js';
import { noRefreshStorm } from './rules/no-refresh-storm.js';
import { noRetryStorm } from './rules/no-retry-storm.js';
import { noSearchListName } from './rules/no-search-list-name.js';
import { noSharedStatPrefix } from './rules/no-shared-stat-prefix.js';
import { noStatFlood } from './rules/no-stat-flood.js';
import { noTotalEjection } from './rules/no-total-ejection.js';
import { noUnboundedBreaker } from './rules/no-unbounded-breaker.js';
import { noUnknownRetryCondition } from './rules/no-unknown-retry-condition.js';
import { noUnknownTcpCluster } from './rules/no-unknown-tcp-cluster.js';
import { noUnmatchablePath } from './rules/no-unmatchable-path.js';
import { noUnreachableRoute } from './rules/no-unreachable-route.js';
import { noUntrustedChain } from './rules/no-untrusted-chain.js';
import { noUnusedCluster } from './rules/no-unused-cluster.js';
import { noUnusedFilterOverride } from './rules/no-unused-filter-override.js';
import { noUnusedSecret } from './rules/no-unused-secret.js';
import { noWeakCipher } from './rules/no-weak-cipher.js';
import { noZeroLimit } from './rules/no-zero-limit.js';
import { preferCanonicalSpelling } from './rules/prefer-canonical-spelling.js';
import { preferPathSeparatedPrefix } from './rules/prefer-path-separated-prefix.js';
import { requireAccessLog } from './rules/require-access-log.js';
import { requireAlpn } from './rules/require-alpn.js';
import { requireBufferLimit } from './rules/require-buffer-limit.js';
import { requireCircuitBreakers } from './rules/require-circuit-breakers.js';
import { requireClientCertificate } from './rules/require-client-certificate.js';
import { requireConnectTimeout } from './rules/require-connect-timeout.js';
import { requireConnectionLimit } from './rules/require-connection-limit.js';
import { requireCorsForGrpcWeb } from './rules/require-cors-for-grpc-web.js';
import { requireDnsLookupFamily } from './rules/require-dns-lookup-family.js';
import { requireExplicitTimeout } from './rules/require-explicit-timeout.js';
import { requireHashPolicy } from './rules/require-hash-policy.js';
import { requireHeadersTimeout } from './rules/require-headers-timeout.js';
import { requireHealthChecks } from './rules/require-health-checks.js';
import { requireHttpFilters } from './rules/require-http-filters.js';
import { requireHttp2Limits } from './rules/require-http2-limits.js';
import { requireHttp2Upstream } from './rules/require-http2-upstream.js';
import { requireListenerName } from './rules/require-listener-name.js';
import { requireOverloadManager } from './rules/require-overload-manager.js';
import { requirePathNormalization } from './rules/require-path-normalization.js';
import { requirePerTryTimeout } from './rules/require-per-try-timeout.js';
import { requireRemoteAddress } from './rules/require-remote-address.js';
import { requireRequestId } from './rules/require-request-id.js';
import { requireResponseFlags } from './rules/require-response-flags.js';
import { requireSanCheck } from './rules/require-san-check.js';
import { requireSni } from './rules/require-sni.js';
import { requireTcpForConsul } from './rules/require-tcp-for-consul.js';
import { requireTlsInspector } from './rules/require-tls-inspector.js';
import { requireUnderscoreRejection } from './rules/require-underscore-rejection.js';
import { requireUpstreamVerification } from './rules/require-upstream-verification.js';

export const lintRules: readonly LintRule[] = [
  // correctness
  noDoubleSlashRewrite,
  noDuplicateListenerName,
  noDuplicateThreshold,
  noDuplicateVirtualHostName,
  noEmptyVirtualHost,
  noImpossibleFraction,
  noLooseWildcardDomain,
  noPlaceholder,
  noPlaintextTlsPort,
  noPriorityGap,
  noUnknownRetryCondition,
  noUnknownTcpCluster,
  noUnmatchablePath,
  noUnreachableRoute,
  noUnusedCluster,
  noUnusedFilterOverride,
  noUnusedSecret,
  noZeroLimit,
  requireHashPolicy,
  requireHttpFilters,
  requireTlsInspector,
  // edge
  noChunkedLength,
  noDeepForwardedTrust,
  noDisabledIdleTimeout,
  noForgeableClientCert,
  noLargeHeaderLimit,
  noOpenCors,
  noPublicAdmin,
  noRaisedFloodLimits,
  requireBufferLimit,
  requireConnectionLimit,
  requireHeadersTimeout,
  requireHttp2Limits,
  requireOverloadManager,
  requirePathNormalization,
  requireRemoteAddress,
  requireUnderscoreRejection,
  // tls
  expiredCertificate,
  noInlinePrivateKey,
  noInvertedTlsRange,
  noOldTls,
  noUntrustedChain,
  noWeakCipher,
  requireAlpn,
  requireClientCertificate,
  requireSanCheck,
  requireSni,
  requireUpstreamVerification,
  // dns
  noRefreshStorm,
  noSearchListName,
  requireDnsLookupFamily,
  requireTcpForConsul,
  // resilience
  noDisabledPanic,
  noHastyHealthCheck,
  noRetryStorm,
  noTotalEjection,
  noUnboundedBreaker,
  requireCircuitBreakers,
  requireConnectTimeout,
  requireHealthChecks,
  requirePerTryTimeout,
  // observability
  noSharedStatPrefix,
  requireAccessLog,
  requireRequestId,
  requireResponseFlags,
  // grpc
  noGrpcBuffering,
  noGrpcStreamTimeout,
  noHttpRetryOnGrpc,
  requireCorsForGrpcWeb,
  requireHttp2Upstream,
  // style
  noLongInlineCode,
  preferCanonicalSpelling,
  preferPathSeparatedPrefix,
  requireExplicitTimeout,
  requireListenerName,
  // deprecated
  noDeprecatedField,
  noOldFilterName,
  // cost
  noCostlyRegex,
  noFullTracing,
  noLargeHashRing,
  noLongRouteList,
  noStatFlood,
] as readonly LintRule[];

export const ruleNames: readonly string[] = lintRules.map(({ name }) => name);
