/** `envoy3 lsp` over its standard streams, asked by a small client of our own. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withFolder } from '../support/temporary-folder.js';

/** This file runs from `dist/test/cli`. */
const program = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'cli', 'envoy3.mjs');

interface Place {
  readonly line: number;
  readonly character: number;
}
interface Found {
  readonly code: string;
  readonly message: string;
  readonly severity: number;
  readonly range: { readonly start: Place; readonly end: Place };
  readonly relatedInformation?: readonly unknown[];
}
type Message = Record<string, unknown> & { readonly id?: number; readonly method?: string };

/** Requests get their answers, diagnostics are waited for. */
class Client {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  readonly #diagnostics: { readonly uri: string; readonly diagnostics: Found[] }[] = [];
  readonly ended: Promise<number | null>;
  #wake: () => void = () => undefined;
  #bytes = Buffer.alloc(0);
  #id = 0;

  constructor(cwd: string) {
    this.#child = spawn(process.execPath, [program, 'lsp', '--stdio'], {
      cwd,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    this.ended = new Promise((done) => this.#child.on('exit', done));
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#bytes.toString('latin1', 0, end))?.[1]);
      if (this.#bytes.length < end + 4 + length) return;
      const body = this.#bytes.toString('utf8', end + 4, end + 4 + length);
      this.#bytes = this.#bytes.subarray(end + 4 + length);
      const message = JSON.parse(body) as Message;
      if (message.method === 'textDocument/publishDiagnostics') {
        this.#diagnostics.push(message.params as { uri: string; diagnostics: Found[] });
        this.#wake();
      } else if (message.id !== undefined && message.method === undefined) {
        this.#waiting.get(message.id)?.(message.result);
      }
    }
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  request<T>(method: string, params: object): Promise<T> {
    const id = ++this.#id;
    this.#send({ id, method, params });
    return new Promise((done) => this.#waiting.set(id, done as (result: unknown) => void));
  }

  notify(method: string, params: object = {}): void {
    this.#send({ method, params });
  }

  /** The next diagnostics of a file. */
  async diagnostics(uri: string): Promise<Found[]> {
    for (;;) {
      const index = this.#diagnostics.findIndex((one) => one.uri === uri);
      if (index >= 0) return this.#diagnostics.splice(index, 1)[0]?.diagnostics ?? [];
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
  }

  async start(folder: string): Promise<unknown> {
    const uri = pathToFileURL(folder).href;
    const result = await this.request('initialize', {
      processId: null,
      capabilities: {},
      workspaceFolders: [{ uri, name: 'w' }],
      rootUri: uri,
    });
    this.notify('initialized');
    return result;
  }

  open(folder: string, name: string): { readonly uri: string; readonly text: string } {
    const uri = pathToFileURL(join(folder, name)).href;
    const text = readFileSync(join(folder, name), 'utf8');
    this.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'x', version: 1, text } });
    return { uri, text };
  }

  async end(): Promise<void> {
    await this.request('shutdown', {});
    this.notify('exit');
    assert.is(await this.ended, 0);
  }
}

/** Where a piece of a text begins. */
function placeOf(text: string, piece: string, into = 0): Place {
  const offset = text.indexOf(piece) + into;
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: (before.at(-1) ?? '').length };
}

const yaml = `admin:
  address: { socket_address: { address: 127.0.0.1, port_value: 9901 } }
static_resources:
  listeners:
  - name: l
    address: { socket_address: { address: 127.0.0.1, port_value: 80 } }
    filter_chains:
    - filters:
      - name: tcp
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: x
          cluster: web
  clusters:
  - name: web
    type: STATIC
    connect_timeout: 15
`;

interface Hover {
  readonly contents: { readonly value: string };
}

test('diagnostics, hovers and definitions of YAML', () =>
  withFolder({ 'envoy.yaml': yaml, 'other.yaml': 'kind: Service\n' }, async (folder) => {
    const client = new Client(folder);
    await client.start(folder);
    const { text, uri } = client.open(folder, 'envoy.yaml');
    const [found, ...others] = (await client.diagnostics(uri)).filter(({ severity }) => severity === 1);
    assert.is(found?.code, 'E1001');
    assert.match(found?.message ?? '', /write '15s'/);
    assert.equal(found?.range.start, placeOf(text, 'connect_timeout'));
    assert.equal(others, []);

    const at = { textDocument: { uri }, position: placeOf(text, 'connect_timeout', 3) };
    const hover = await client.request<Hover>('textDocument/hover', at);
    assert.match(hover.contents.value, /google\.protobuf\.Duration connect_timeout = 4/);
    assert.match(hover.contents.value, /envoy\.config\.cluster\.v3\.Cluster/);
    const inside = { textDocument: { uri }, position: placeOf(text, 'stat_prefix', 1) };
    const field = await client.request<Hover>('textDocument/hover', inside);
    assert.match(field.contents.value, /string stat_prefix = 1[\s\S]*network\.tcp_proxy\.v3\.TcpProxy/);

    const name = { textDocument: { uri }, position: placeOf(text, 'cluster: web', 10) };
    const definition = await client.request<{ uri: string; range: Found['range'] }>(
      'textDocument/definition',
      name,
    );
    assert.is(definition.uri, uri);
    assert.equal(definition.range.start, placeOf(text, '- name: web', 2));
    const nothing = { textDocument: { uri }, position: placeOf(text, 'stat_prefix: x', 13) };
    assert.is(await client.request('textDocument/definition', nothing), null);

    const start = placeOf(text, 'connect_timeout: 15', 19);
    client.notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start, end: start }, text: 's' }],
    });
    const after = await client.diagnostics(uri);
    assert.equal(
      after.filter(({ severity }) => severity === 1),
      [],
    );
    // What is no bootstrap is none of our business.
    const other = client.open(folder, 'other.yaml');
    assert.equal(await client.diagnostics(other.uri), []);
    await client.end();
  }));

const moduleText = `import { bootstrap, cluster } from './parts.js';

const timeout = '2s';
export default bootstrap(cluster('web', timeout));
`;
const parts = `export const cluster = (name: string, connect_timeout: string) => ({ name, type: 'STATIC', connect_timeout });
export const bootstrap = (one: object) => ({ static_resources: { clusters: [one] } });
`;

test('diagnostics and compiled values of modules', () =>
  withFolder({ 'envoy3.config.ts': moduleText, 'parts.ts': parts }, async (folder) => {
    const client = new Client(folder);
    await client.start(folder);
    const { text, uri } = client.open(folder, 'envoy3.config.ts');
    const errors = (list: Found[]): string[] =>
      list.filter(({ severity }) => severity === 1).map(({ code }) => code);
    assert.equal(errors(await client.diagnostics(uri)), []);
    const helper = client.open(folder, 'parts.ts');
    const position = placeOf(helper.text, 'connect_timeout })', 2);
    const hover = await client.request<Hover>('textDocument/hover', {
      textDocument: { uri: helper.uri },
      position,
    });
    assert.match(hover.contents.value, /static_resources\.clusters\[0\]\.connect_timeout/);
    assert.match(hover.contents.value, /2s/);

    writeFileSync(join(folder, 'envoy3.config.ts'), text.replace("'2s'", "'2 s'"));
    client.notify('textDocument/didSave', { textDocument: { uri } });
    assert.equal(
      errors(await client.diagnostics(uri)).length + errors(await client.diagnostics(helper.uri)).length > 0,
      true,
    );
    await client.end();
  }));

test.run();
