/** Whether a token is for one of the audiences that are asked for. Scheme and last slash of a URI do not count. */
export type AudienceTest = (audiences: readonly string[]) => boolean;

const withoutScheme = (audience: string): string => audience.replace(/^https?:\/\//, '').replace(/\/$/, '');

/** @param wanted empty: any token is */
export function compileAudiences(wanted: readonly string[]): AudienceTest {
  if (wanted.length === 0) return () => true;
  const known = new Set(wanted.map(withoutScheme));
  return (audiences) => audiences.some((one) => known.has(withoutScheme(one)));
}
