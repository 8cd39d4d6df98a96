/** What the machine says about names: resolv.conf and the hosts file. */

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { DnsServerAddress } from './exchange.js';
import { canonicalName } from './name.js';

export interface ResolvConf {
  readonly servers: readonly DnsServerAddress[];
  readonly search: readonly string[];
  /** A name with at least so many dots is asked as it is first. */
  readonly ndots: number;
}

function lines(path: string): string[][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .map((line) => line.replace(/[#;].*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/));
}

/** Reads resolv.conf(5). Without a readable file or server: 127.0.0.1, as the C library does. */
export function readResolvConf(path: string): ResolvConf {
  const servers: DnsServerAddress[] = [];
  let search: string[] = [];
  let ndots = 1;
  for (const [key, ...values] of lines(path)) {
    const ip = values[0];
    if (key === 'nameserver' && ip !== undefined && isIP(ip)) servers.push({ ip, port: 53 });
    else if (key === 'search') search = values;
    else if (key === 'domain') search = values.slice(0, 1);
    else if (key === 'options') {
      for (const value of values) {
        const found = /^ndots:(\d+)$/.exec(value)?.[1];
        if (found !== undefined) ndots = Math.min(15, Number(found));
      }
    }
  }
  if (servers.length === 0) servers.push({ ip: '127.0.0.1', port: 53 });
  return { servers, search, ndots };
}

/** Reads hosts(5): name (canonical) to its addresses in file order. */
export function readHosts(path: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const [address, ...names] of lines(path)) {
    if (address === undefined || !isIP(address)) continue;
    for (const name of names) {
      const key = canonicalName(name);
      const known = hosts.get(key);
      if (!known) hosts.set(key, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return hosts;
}
