/** Connections beside real Envoy: every case of `tcp-cases.ts`, live to both. */
import type { DifferentialContext, DifferentialResult } from './differential.js';
import { certificate, knownTcpDifferences, tcpCases } from './tcp-cases.js';
import { runTcpDifferential } from './tcp-differential.js';

export function run(context: DifferentialContext): Promise<DifferentialResult> {
  const only = process.env.ENVOY3_PARITY;
  const cases = tcpCases.filter(({ id }) => only === undefined || id.includes(only));
  return runTcpDifferential(cases, knownTcpDifferences, certificate, context);
}
