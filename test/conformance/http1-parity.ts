/**
 * The 223 recorded HTTP/1.1 requests, sent live to real Envoy and to the bundled runtime.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DifferentialCase, DifferentialContext, DifferentialResult } from './differential.js';
import { runDifferential } from './differential.js';
import { knownDifferences } from './known-differences.js';

type Part = string | { readonly repeat: string; readonly n: number };

interface Recorded {
  readonly listeners: Readonly<
    Record<string, { readonly port: number; readonly options: Record<string, unknown> }>
  >;
  readonly cases: readonly {
    readonly id: string;
    readonly listener: string;
    readonly request: readonly Part[];
    readonly then?: readonly (readonly [number, string])[];
    readonly halfclose?: boolean;
  }[];
}

/** CONNECT is refused by name ("needs real Envoy"), so these four cases are neither passed nor failed. */
const refusedListeners: ReadonlySet<string> = new Set(['connect']);

function expand(parts: readonly Part[]): string {
  return parts
    .map((part) =>
      typeof part === 'string'
        ? part
        : Array.from({ length: part.n }, (_, index) => part.repeat.replaceAll('{i}', String(index))).join(''),
    )
    .join('');
}

/** @throws when the recording is not there */
export function readRecordedCases(sharedDir: string): DifferentialCase[] {
  const recorded = JSON.parse(
    readFileSync(join(sharedDir, 'oracle', '01-http1-raw.json'), 'utf8'),
  ) as Recorded;
  return recorded.cases
    .filter(({ listener }) => !refusedListeners.has(listener))
    .map(({ id, listener, request, then, halfclose }) => {
      const { port = 0, options = {} } = recorded.listeners[listener] ?? {};
      const { vh, ...manager } = options;
      const hosts = JSON.parse(JSON.stringify(vh ?? null).replaceAll('"echo"', '"CLUSTER"')) as
        | unknown[]
        | null;
      return {
        id,
        request: expand(request).replaceAll(String(port), 'PORT'),
        manager,
        ...(hosts === null ? {} : { virtualHosts: hosts }),
        ...(then === undefined
          ? {}
          : { later: then.map(([seconds, text]) => [seconds * 1000, text] as const) }),
        ...(halfclose === true ? { halfClose: true } : {}),
      };
    });
}

export function run(
  context: DifferentialContext & { readonly sharedDir: string },
): Promise<DifferentialResult> {
  return runDifferential(readRecordedCases(context.sharedDir), knownDifferences, context);
}
