/**
 * `check --engine bundled`: the verdict of the bundled runtime, by the very list that it refuses by.
 */
import type { Judge } from '../../compiler/check/find-problems.js';
import { refuseUnsupported } from '../../runtime/config/refuse-unsupported.js';
import { supportedFields } from '../../runtime/extensions.js';

export const bundledVerdict: Judge = (view) =>
  refuseUnsupported(view.root.value, supportedFields).map(({ message, path }) => ({
    code: 'E4001',
    severity: 'error',
    path,
    message,
    fix: 'leave it out, or serve the configuration with real Envoy',
  }));
