/**
 * Files of a configuration that the service would not see: the unit shows it no home folders and a /tmp of its own.
 */
import type { ConfigurationFacts } from './configuration-facts.js';
import type { DeployTarget } from './deploy-target.js';

const hidden = /^\/(?:home|root|run\/user|tmp|var\/tmp)\//;

/** One warning for each file; none for targets without the unit. */
export function unseenFiles(target: DeployTarget, { files, logFiles }: ConfigurationFacts): string[] {
  if (target.runsUnit !== true) return [];
  return [...files, ...logFiles]
    .filter((path) => hidden.test(path))
    .map((path) => `'${path}' is not seen by the service: its unit hides /home, /root and /tmp from it`);
}
