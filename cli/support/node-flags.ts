/**
 * `--service-node` and `--service-cluster`: what the proxy will be started with. A configuration that leaves them to the
 * command line is judged with them, as Envoy does.
 */
import { textOption } from '../arguments.js';
import type { Option, ParsedArguments } from '../command.js';

export interface NodeOptions {
  readonly serviceNode?: string;
  readonly serviceCluster?: string;
}

export const nodeFlags: Readonly<Record<string, Option>> = {
  'service-node': {
    type: 'string',
    value: 'ID',
    description: 'node.id that the proxy will be started with, when the bootstrap has none',
  },
  'service-cluster': {
    type: 'string',
    value: 'NAME',
    description: 'node.cluster that the proxy will be started with, when the bootstrap has none',
  },
};

export function nodeOptions(args: ParsedArguments): NodeOptions {
  const [serviceNode, serviceCluster] = [
    textOption(args, 'service-node'),
    textOption(args, 'service-cluster'),
  ];
  return {
    ...(serviceNode === undefined ? {} : { serviceNode }),
    ...(serviceCluster === undefined ? {} : { serviceCluster }),
  };
}
