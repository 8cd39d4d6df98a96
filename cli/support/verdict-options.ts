/**
 * Options of `check` that ask more than the configuration itself: this machine, the bundled runtime, a real Envoy.
 */
import type { Machine } from '../../compiler/check/machine.js';
import type { Judge } from '../../compiler/check/find-problems.js';
import type { Io, Option, ParsedArguments } from '../command.js';

export const verdictFlags: Readonly<Record<string, Option>> = {
  'with-files': {
    type: 'boolean',
    description:
      'look at files and variables of this machine too: do certificates and keys belong together, do they hold',
  },
  'with-envoy': {
    type: 'boolean',
    optionalValue: true,
    value: 'PATH',
    description: 'ask a real Envoy as well (ENVOY_BIN, or envoy on the PATH)',
  },
  engine: {
    type: 'string',
    choices: ['envoy', 'bundled'],
    description: 'bundled: also tell what the bundled runtime cannot serve (default envoy)',
  },
};

export interface VerdictOptions {
  readonly machine?: Machine;
  readonly judges: readonly Judge[];
}

/** What is not asked for is not loaded. */
export async function verdictOptions(args: ParsedArguments, io: Io): Promise<VerdictOptions> {
  const judges: Judge[] = [];
  if (args.values.engine === 'bundled') {
    judges.push((await import('./bundled-verdict.js')).bundledVerdict);
  }
  const envoy = args.values['with-envoy'];
  if (envoy !== undefined) {
    const { envoyVerdict } = await import('./envoy-verdict.js');
    judges.push(envoyVerdict(typeof envoy === 'string' ? envoy : (io.env.ENVOY_BIN ?? 'envoy'), io));
  }
  if (args.values['with-files'] !== true) return { judges };
  const { localMachine } = await import('../../compiler/check/machine.js');
  return { judges, machine: localMachine(io.cwd, io.env) };
}
