/**
 * Cases of the differential suites in which the bundled runtime answers otherwise than real Envoy on purpose. Each is
 * safer than Envoy, or impossible in Node, and has its row in `docs/differences.md`.
 */
export const knownDifferences: Readonly<Record<string, string>> = {};
