/**
 * HTTP filters beside real Envoy: every case of `filter-cases`, live to both.
 */
import type { DifferentialContext, DifferentialResult } from './differential.js';
import { runDifferential } from './differential.js';
import { startAuthorizationService } from '../support/authorization-service.js';
import { startRateLimitService } from '../support/rate-limit-service.js';
import { extAuthzGrpcCases } from './ext-authz-grpc-cases.js';
import { filterCases, withIds } from './filter-cases.js';
import { knownDifferences } from './known-differences.js';
import { rateLimitCases } from './rate-limit-cases.js';

/** `ENVOY3_PARITY` names one group. */
export async function run(context: DifferentialContext): Promise<DifferentialResult> {
  let passed = 0;
  let failed = 0;
  const lines: string[] = [];
  const only = process.env.ENVOY3_PARITY;
  const service = await startRateLimitService();
  const limited = withIds('rate limit', rateLimitCases(service.port));
  const authorization = await startAuthorizationService();
  const authorized = withIds('ext authz, gRPC', extAuthzGrpcCases(authorization.port));
  const groups = { ...filterCases, ratelimit: limited, ext_authz_grpc: authorized };
  for (const [group, cases] of Object.entries(groups)) {
    if (only !== undefined && only !== group) continue;
    const result = await runDifferential(cases, knownDifferences, context);
    passed += result.passed;
    failed += result.failed;
    lines.push(...result.lines.map((line) => `${group}: ${line}`));
  }
  service.close();
  authorization.close();
  return { passed, failed, lines };
}
