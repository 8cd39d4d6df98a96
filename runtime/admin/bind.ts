/**
 * Binding a server to a port or to a pipe.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect } from 'node:net';

/** Where the admin server listens. */
export type BindAddress = { readonly ip: string; readonly port: number } | { readonly path: string };

/** The address as Envoy writes it: `127.0.0.1:80`, `[::1]:80` or a path. */
export function bindAddressText(address: BindAddress): string {
  if ('path' in address) return address.path;
  return `${address.ip.includes(':') ? `[${address.ip}]` : address.ip}:${address.port}`;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EACCES: 'Permission denied',
  ENOENT: 'No such file or directory',
};

function listen(server: Server, address: BindAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once('error', failed);
    server.listen(
      'path' in address
        ? // Linux' abstract sockets are written with an @.
          { path: address.path.replace(/^@/, '\0') }
        : { host: address.ip, port: address.port, exclusive: true },
      () => {
        server.off('error', failed);
        resolve();
      },
    );
  });
}

/** A socket file that nobody listens on is what a killed process left behind. */
async function removeStalePipe(path: string): Promise<boolean> {
  if (path.startsWith('@')) return false;
  const refused = await new Promise<boolean>((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  try {
    if (!refused || !lstatSync(path).isSocket()) return false;
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param server not listening yet
 * @throws Error `cannot bind '127.0.0.1:8001': Address already in use`
 */
export async function bind(server: Server, address: BindAddress): Promise<void> {
  try {
    try {
      await listen(server, address);
    } catch (error) {
      const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!inUse || !('path' in address) || !(await removeStalePipe(address.path))) throw error;
      await listen(server, address);
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(`cannot bind '${bindAddressText(address)}': ${reasons[code] ?? message}`);
  }
}
