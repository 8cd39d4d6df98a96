/**
 * Where the settings of a file are.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const settingsName = 'envoy3.settings.ts';

/**
 * `envoy3.settings.ts` in the folder, or in the nearest folder above it. The search ends at the root of a repository.
 * @param folder absolute
 */
export function findSettings(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, settingsName);
    if (existsSync(file)) return file;
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined;
  }
}
