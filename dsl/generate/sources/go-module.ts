/**
 * Descriptors and extension categories out of Go modules. Each `*.pb.go` holds its FileDescriptorProto, options included,
 * as a Go string or byte slice, and the proto comments as Go doc comments; of these only the category tags are taken.
 */
import { zipEntries } from './zip.js';

/** The Go modules of one Envoy release: the versions are those of go-control-plane/envoy's own go.mod. */
export const goModules: Readonly<Record<string, readonly string[]>> = {
  '1.40.0': [
    'github.com/envoyproxy/go-control-plane/envoy@v1.40.0',
    'github.com/cncf/xds/go@v0.0.0-20260202195803-dba9d589def2',
    'github.com/envoyproxy/protoc-gen-validate@v1.3.3',
    'github.com/prometheus/client_model@v0.6.3',
    'go.opentelemetry.io/proto/otlp@v1.11.0',
    'google.golang.org/genproto/googleapis/api@v0.0.0-20260720211330-0afa2a65878a',
    'google.golang.org/genproto/googleapis/rpc@v0.0.0-20260720211330-0afa2a65878a',
    'cel.dev/expr@v0.25.2',
    'google.golang.org/protobuf@v1.36.12',
  ],
};

export interface GoDescriptors {
  /** Serialized FileDescriptorProtos by file name. */
  readonly files: Map<string, Buffer>;
  /** `<file>#<GoStruct>.<proto_field>` to the categories named in the field's comment, joined by commas. */
  readonly categories: Map<string, string>;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** Bytes of the inside of a Go string literal. */
function unquote(text: string): Buffer {
  return Buffer.concat(
    text.split(/(\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|.))/).map((part, index) => {
      if (index % 2 === 0) return Buffer.from(part);
      const code = part[1] ?? '';
      if (code === 'x') return Buffer.from([Number.parseInt(part.slice(2), 16)]);
      if (code === 'u') return Buffer.from(String.fromCharCode(Number.parseInt(part.slice(2), 16)));
      return Buffer.from(simpleEscapes[code] ?? code);
    }),
  );
}

function rawDescriptor(go: string): Buffer | undefined {
  const asString = /_rawDesc = "" \+\n((?:\s*".*"(?: \+)?\n)+)/.exec(go)?.[1];
  if (asString !== undefined) {
    return Buffer.concat(
      [...asString.matchAll(/^\s*"(.*)"(?: \+)?$/gm)].map((line) => unquote(line[1] ?? '')),
    );
  }
  const asSlice = /_rawDesc = \[\]byte\{([^}]*)\}/.exec(go)?.[1];
  return asSlice === undefined ? undefined : Buffer.from((asSlice.match(/0x[0-9a-f]{2}/g) ?? []).map(Number));
}

function readCategories(file: string, go: string, into: Map<string, string>): void {
  let comment: string[] = [];
  let struct = '';
  for (const line of go.split('\n')) {
    const text = /^\s*\/\/ ?(.*)$/.exec(line)?.[1];
    if (text !== undefined) {
      comment.push(text);
      continue;
    }
    struct = /^type (\w+) struct/.exec(line)?.[1] ?? struct;
    const field = /^\t\w+ .*protobuf(?:_oneof:"|:"[^"]*name=)(\w+)/.exec(line)?.[1];
    const category = /\[#extension-category:\s*([\w., ]+)/.exec(comment.join('\n'))?.[1];
    if (field !== undefined && category !== undefined) {
      into.set(`${file}#${struct}.${field}`, category.replaceAll(' ', ''));
    }
    comment = [];
  }
}

/** Reads module zips that are already in memory. Of a file that several modules carry the first one counts. */
export function readGoModules(zips: readonly Buffer[]): GoDescriptors {
  const files = new Map<string, Buffer>();
  const categories = new Map<string, string>();
  for (const zip of zips) {
    for (const entry of zipEntries(zip)) {
      if (!entry.name.endsWith('.pb.go') || /\/(internal|testdata)\//.test(entry.name)) continue;
      const go = entry.read().toString('utf8');
      const file = /^\/\/ source: (.*)$/m.exec(go)?.[1];
      if (file === undefined || files.has(file)) continue;
      const raw = rawDescriptor(go);
      if (raw === undefined) continue;
      files.set(file, raw);
      readCategories(file, go, categories);
    }
  }
  return { files, categories };
}

/** Downloads the modules of a release. @param proxy base address of a Go module proxy (`go env GOPROXY`). */
export async function downloadGoModules(release: string, proxy: string): Promise<Buffer[]> {
  const modules = goModules[release];
  if (modules === undefined)
    throw new Error(`the Go modules of Envoy ${release} are not known (go-module.ts)`);
  return Promise.all(
    modules.map(async (module) => {
      const escaped = module.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
      const response = await fetch(`${proxy.replace(/\/$/, '')}/${escaped.replace('@', '/@v/')}.zip`);
      if (!response.ok) throw new Error(`${module}: the module proxy answered ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    }),
  );
}
