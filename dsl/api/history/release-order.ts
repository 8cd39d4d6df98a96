/**
 * Names of releases: `1.38.3`, or `1.38` for short.
 */

/** `1.38.3` -> `1.38`. */
export function minorOf(release: string): string {
  return release.split('.').slice(0, 2).join('.');
}

/** Whether a release is the other one or a later one, by the first two numbers. */
export function isAtLeast(release: string, other: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major === otherMajor ? minor >= otherMinor : major > otherMajor;
}
