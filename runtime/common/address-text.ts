/** The parts of addresses as they are told: `10.0.0.1:80`, `[::1]:80`. */

/** @param ip without brackets */
export function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** The IP; undefined when there is none. */
export function ipOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const at = address.lastIndexOf(':');
  const ip = at < 0 ? address : address.slice(0, at);
  if (ip === '') return undefined;
  return ip.startsWith('[') ? ip.slice(1, -1) : ip;
}

/** The port; `''` of a Unix socket, as Envoy tells it; undefined when there is no address. */
export function portOf(address: string | undefined): number | '' | undefined {
  if (address === undefined || address === '') return undefined;
  const at = address.lastIndexOf(':');
  return at < 0 || address.startsWith('/') ? '' : Number(address.slice(at + 1));
}
