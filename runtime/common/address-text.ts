/** The parts of addresses as they are told: `10.0.0.1:80`, `[::1]:80`. */

/** The IP; undefined when there is none. */
export function ipOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const at = address.lastIndexOf(':');
  const ip = at < 0 ? address : address.slice(0, at);
  if (ip === '') return undefined;
  return ip.startsWith('[') ? ip.slice(1, -1) : ip;
}

/** The port; undefined when there is none, as of a pipe. */
export function portOf(address: string | undefined): number | undefined {
  const at = address?.lastIndexOf(':') ?? -1;
  return at < 0 ? undefined : Number(address?.slice(at + 1));
}
