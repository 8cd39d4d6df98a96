/** `ip:port` or `[ip]:port` apart; undefined: the text is something else, such as the path of a socket. */
export function splitAddress(text: string): { readonly ip: string; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text);
  if (match === null) return undefined;
  return { ip: match[1] ?? match[2] ?? '', port: Number(match[3]) };
}
