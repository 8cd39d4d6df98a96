import type { Bootstrap } from './types.js';

/**
 * The raw level: Envoy's own shape in ProtoJSON, typed. Anything from Envoy's documentation can be pasted. Returns its
 * argument; `{ ... } satisfies Bootstrap` does the same.
 */
export function defineBootstrap(bootstrap: Bootstrap): Bootstrap {
  return bootstrap;
}
