/**
 * A package registry on the loopback that has what is installed in this clone, so that npm's own client installs the packed
 * archive as from the real one, with no network.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

type Json = Record<string, unknown>;

interface Lock {
  readonly packages: Readonly<Record<string, Json & { readonly version: string; readonly dev?: boolean }>>;
}

interface Stored {
  /** As the registry tells it, but for `dist`. */
  readonly manifest: Json & { readonly version: string };
  /** Of its archive; a package for other platforms is known and has none. */
  readonly archive?: Buffer;
}

/** Of a folder in node_modules; the files are under `package/`, as npm wants it. */
function pack(root: string, folder: string): Buffer {
  return execFileSync('tar', ['-C', join(root, folder), '--transform', 's,^\\.,package,', '-czf', '-', '.'], {
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, GZIP: '-1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** What the package needs when it runs, by name and version. */
function readInstalled(root: string): Map<string, Stored[]> {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const found = new Map<string, Stored[]>();
  for (const [folder, entry] of Object.entries(lock.packages)) {
    if (folder === '' || entry.dev === true) continue;
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const path = join(root, folder, 'package.json');
    const stored = existsSync(path)
      ? {
          manifest: JSON.parse(readFileSync(path, 'utf8')) as Stored['manifest'],
          archive: pack(root, folder),
        }
      : { manifest: { ...entry, name } };
    found.set(name, [...(found.get(name) ?? []), stored]);
  }
  return found;
}

function document(name: string, versions: readonly Stored[], base: string): Json {
  return {
    name,
    'dist-tags': { latest: versions.at(-1)?.manifest.version },
    versions: Object.fromEntries(
      versions.map(({ archive = Buffer.alloc(0), manifest }) => [
        manifest.version,
        {
          ...manifest,
          // Packed as it was installed: nothing is to be built.
          scripts: {},
          dist: {
            tarball: `${base}/${name}/-/${manifest.version}.tgz`,
            integrity: `sha512-${createHash('sha512').update(archive).digest('base64')}`,
          },
        },
      ]),
    ),
  };
}

type PeerNotes = Readonly<Record<string, { readonly optional?: boolean }>>;

/** Packages that others can use and do not need: npm asks for them, and goes on without. */
function optionalPeers(packages: Map<string, Stored[]>): Set<string> {
  const notes = [...packages.values()].flat().flatMap(({ manifest }) => {
    return Object.entries((manifest.peerDependenciesMeta ?? {}) as PeerNotes);
  });
  return new Set(notes.filter(([, { optional }]) => optional === true).map(([name]) => name));
}

export interface LocalRegistry {
  readonly url: string;
  /** What it was asked for and does not have, without optional peers. */
  readonly missing: readonly string[];
  close(): void;
}

export async function startRegistry(root: string): Promise<LocalRegistry> {
  const packages = readInstalled(root);
  const optional = optionalPeers(packages);
  const missing: string[] = [];
  let url = '';
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const [name = '', file] = path.split('/-/');
    const versions = packages.get(name) ?? [];
    const archive = versions.find(({ manifest }) => `${manifest.version}.tgz` === file)?.archive;
    if (file === undefined && versions.length > 0) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(document(name, versions, url)));
    } else if (archive !== undefined) response.end(archive);
    else {
      if (!optional.has(name)) missing.push(path);
      response.writeHead(404).end('{}');
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    missing,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
