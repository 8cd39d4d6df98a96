/**
 * `--target`: the Envoy release that is to take the configuration.
 */
import type { TargetApi } from '../../dsl/api/index.js';
import { textOption } from '../arguments.js';
import type { Option, ParsedArguments } from '../command.js';

export const targetFlag: Readonly<Record<'target', Option>> = {
  target: {
    type: 'string',
    choices: ['envoy-1.36', 'envoy-1.37', 'envoy-1.38', 'envoy-1.39', 'envoy-1.40'],
    description: 'the Envoy that is to take it (default envoy-1.40)',
  },
};

/** Older releases are loaded only when one is asked for. */
export async function targetOption(args: ParsedArguments): Promise<{ readonly target?: TargetApi }> {
  const name = textOption(args, 'target');
  if (name === undefined) return {};
  const { targetApi } = await import('../../dsl/api/history/target-api.js');
  const target = targetApi(name);
  return target === undefined ? {} : { target };
}
