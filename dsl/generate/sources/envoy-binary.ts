/**
 * What a real Envoy binary says of itself: the descriptors linked into it (C++ protobuf keeps each FileDescriptorProto
 * serialized in .rodata) and the table of its extensions (its admin's `/config_dump`).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExtensionModel } from '../../api/model/api-model.js';

/** Wire types of FileDescriptorProto's fields (descriptor.proto); any other tag ends the message. */
const fileFields: Readonly<Record<number, number>> = {
  1: 2,
  2: 2,
  3: 2,
  4: 2,
  5: 2,
  6: 2,
  7: 2,
  8: 2,
  9: 2,
  10: 0,
  11: 0,
  12: 2,
  14: 0,
  15: 2,
};

function varint(bytes: Buffer, at: number): [value: number, next: number] {
  let value = 0;
  let scale = 1;
  for (let index = at; index < at + 10 && index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, index + 1];
    scale *= 128;
  }
  return [-1, at];
}

/** End of the FileDescriptorProto that starts at `start`. */
function endOfFile(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const [tag, afterTag] = varint(bytes, at);
    const wire = fileFields[tag >>> 3];
    if (wire === undefined || wire !== (tag & 7) || (tag >>> 3 === 1 && at !== start)) return at;
    const [value, afterValue] = varint(bytes, afterTag);
    if (value < 0) return at;
    const next = wire === 2 ? afterValue + value : afterValue;
    if (next > bytes.length) return at;
    at = next;
  }
  return at;
}

/** Every descriptor in the binary, by file name. Takes some 0.2 s and the binary's size in memory. */
export function readBinaryDescriptors(path: string): Map<string, Buffer> {
  const bytes = readFileSync(path);
  const files = new Map<string, Buffer>();
  const needle = Buffer.from('.proto\x12');
  for (let hit = bytes.indexOf(needle); hit >= 0; hit = bytes.indexOf(needle, hit + 1)) {
    const end = hit + 6;
    for (let length = 7; length < 128; length++) {
      const start = end - length - 2;
      if (start < 0) break;
      if (bytes[start] !== 0x0a || bytes[start + 1] !== length) continue;
      const name = bytes.toString('latin1', start + 2, end);
      if (!/^[\w./-]+$/.test(name)) continue;
      const stop = endOfFile(bytes, start);
      if (!files.has(name)) files.set(name, bytes.subarray(start, stop));
      break;
    }
  }
  return files;
}

interface DumpedExtension {
  readonly category: string;
  readonly name: string;
  readonly type_urls?: readonly string[];
}

/**
 * Extensions that Envoy takes and does not announce: two kinds of factories share the category, and only those of the one
 * kind are listed. Established by asking real Envoy.
 */
const unlisted: readonly ExtensionModel[] = [
  {
    category: 'envoy.resource_monitors',
    name: 'envoy.resource_monitors.global_downstream_max_connections',
    types: ['envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig'],
  },
];

/** Starts the binary with nothing but an admin on a free port, and reads the extensions it announces. */
export async function readExtensionTable(envoy: string): Promise<ExtensionModel[]> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-extensions-'));
  const addressFile = join(folder, 'admin');
  const child = spawn(
    envoy,
    [
      '--config-yaml',
      'admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}',
      '--admin-address-path',
      addressFile,
      '--log-level',
      'error',
      '--disable-hot-restart',
      '--concurrency',
      '1',
    ],
    { stdio: 'ignore' },
  );
  try {
    for (let turn = 0; turn < 200; turn++) {
      if (existsSync(addressFile) && readFileSync(addressFile, 'utf8') !== '') break;
      await delay(50);
    }
    const response = await fetch(`http://${readFileSync(addressFile, 'utf8').trim()}/config_dump`);
    const dump = (await response.json()) as {
      configs: readonly {
        '@type': string;
        bootstrap?: { node: { extensions: readonly DumpedExtension[] } };
      }[];
    };
    const extensions = dump.configs.find((config) => config['@type'].endsWith('.BootstrapConfigDump'))
      ?.bootstrap?.node.extensions;
    if (extensions === undefined) throw new Error('the binary did not announce its extensions');
    const order = (a: ExtensionModel, b: ExtensionModel) =>
      `${a.category} ${a.name}` < `${b.category} ${b.name}` ? -1 : 1;
    const announced = extensions.map(({ category, name, type_urls = [] }) => ({
      category,
      name,
      types: [...type_urls].sort(),
    }));
    return [...announced, ...unlisted].sort(order);
  } finally {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
