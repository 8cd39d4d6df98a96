/**
 * The recorded HTTP calls of a real Consul agent, sent one after the other to our agent, which must give the same
 * statuses, headers and bodies. Indexes, UUIDs, hashes and ports are of one run: they are mapped as they appear. The
 * differences that stay are named, with the reason, and one that does not differ any more fails the suite.
 */
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { createDiscovery } from '../../runtime/discovery/index.js';
import { knownHttpDifferences } from './consul-differences.js';

interface RecordedReply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly ms: number;
}

interface RecordedCall {
  readonly section: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly rawBody?: string;
  readonly note?: string;
  readonly reply: RecordedReply;
}

interface Recording {
  readonly cases: readonly RecordedCall[];
  readonly 'differences_in_1.21.0': readonly RecordedCall[];
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly ms: number;
}

/** The one transaction that 1.21 answers otherwise; it is named there by its path alone. */
const unknownVerb = 340;

/** What happened beside a blocking query while it was recorded, by its note. */
const meanwhile: Readonly<Record<string, readonly (readonly [string, string, unknown?])[]>> = {
  'wakes on check status change': [['PUT', '/v1/agent/check/warn/service:web1']],
  'wakes on a new instance': [['PUT', '/v1/agent/service/register', { ID: 'web9', Name: 'web', Port: 99 }]],
  'wakes on deregister': [['PUT', '/v1/agent/service/deregister/web9']],
  'another service registered on the same node: does it wake?': [
    ['PUT', '/v1/agent/service/register', { Name: 'other', Port: 1 }],
  ],
  'status change passing': [['PUT', '/v1/agent/check/pass/service:web1?note=same']],
  'output-only change: deferred, does not wake': [['PUT', '/v1/agent/check/pass/service:web1?note=same']],
  'catalog/services wakes on new service': [
    ['PUT', '/v1/agent/service/register', { Name: 'other2', Port: 1 }],
  ],
  'check status change: does catalog/services wake?': [['PUT', '/v1/agent/check/warn/service:web1']],
  'health/state/any wakes on status change': [['PUT', '/v1/agent/check/pass/service:web1']],
  'catalog/service': [['PUT', '/v1/agent/service/register', { ID: 'web9', Name: 'web', Port: 99 }]],
  'catalog/nodes': [['PUT', '/v1/catalog/register', { Node: 'ext3', Address: '10.9.9.7' }]],
  'kv 404 blocks until it appears': [['PUT', '/v1/kv/blk', '"v"']],
};
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

function call(
  port: number,
  recorded: Pick<RecordedCall, 'method' | 'path' | 'headers'>,
  body: string | undefined,
): Promise<Reply> {
  const started = performance.now();
  return new Promise((done, fail) => {
    const { method, path, headers } = recorded;
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, agent, headers: { ...length, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          done({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
            ms: performance.now() - started,
          }),
        );
        response.on('error', fail);
      },
    );
    request.on('error', fail);
    request.end(body);
  });
}

/** What the recording calls it, and what we do: indexes, UUIDs and hashes. */
class Names {
  readonly #texts = new Map<string, string>();
  readonly #indexes = new Map<number, number>();

  learn(recorded: unknown, ours: unknown): void {
    if (Array.isArray(recorded) && Array.isArray(ours)) {
      for (const [index, item] of recorded.entries()) this.learn(item, ours[index]);
    } else if (isObject(recorded) && isObject(ours)) {
      for (const [key, value] of Object.entries(recorded)) {
        const mine = ours[key];
        if (/^(?:Create|Modify)Index$/.test(key)) this.learnIndex(Number(value), Number(mine));
        else if (
          (key === 'ContentHash' || Object.keys(recorded).length === 1) &&
          typeof value === 'string' &&
          typeof mine === 'string'
        ) {
          // What a call has made; lists of them come in another order.
          if (/^[0-9a-f-]{16,36}$/.test(value)) this.#texts.set(value, mine);
        } else this.learn(value, mine);
      }
    }
  }

  learnIndex(recorded: number, ours: number): void {
    if (recorded > 0 && ours > 0) this.#indexes.set(recorded, ours);
  }

  /** A path or body of the recording in our words. */
  translate(text: string): string {
    let found = text;
    for (const [recorded, ours] of this.#texts) found = found.replaceAll(recorded, ours);
    return found.replace(
      /([?&](?:index|cas)=)(\d+)/g,
      (_, name: string, digits: string) => name + this.#index(Number(digits)),
    );
  }

  #index(recorded: number): number {
    const exact = this.#indexes.get(recorded);
    if (exact !== undefined || recorded < 10) return exact ?? recorded;
    const near = [...this.#indexes.keys()].reduce((best, one) =>
      Math.abs(one - recorded) < Math.abs(best - recorded) ? one : best,
    );
    return (this.#indexes.get(near) as number) + recorded - near;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A body without what belongs to one run. */
function comparable(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => comparable(item));
    // Tags of a service list come in the order of a map.
    // So do the instances of one name, in the view of the agent and of a query; sessions come by their UUIDs.
    const unordered = (item: unknown) =>
      isObject(item) && ('AggregatedStatus' in item || 'LockDelay' in item || 'Checks' in item);
    if (items.every(unordered)) {
      return items
        .map((item) => JSON.stringify(item))
        .sort()
        .map((item) => JSON.parse(item));
    }
    return items.every((item) => typeof item === 'string') ? [...items].sort() : items;
  }
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, item]) => [
          name,
          name === 'Checks' && Array.isArray(item)
            ? [...item]
                .sort((one, other) => (String(one.CheckID) < String(other.CheckID) ? -1 : 1))
                .map((one) => comparable(one))
            : comparable(item, name),
        ]),
    );
  }
  if (typeof value === 'number' && /Index$/.test(key) && key !== 'LockIndex' && key !== 'OpIndex') {
    return value === 0 ? 0 : 'index';
  }
  if (typeof value === 'string') {
    // Consul probes for the first time after a part of the interval, we do at once.
    if (key === 'Output' && value.startsWith('connect ECONNREFUSED')) return '';
    return value
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'uuid')
      .replace(/^[0-9a-f]{16}$/, 'hash')
      .replace(/^127\.0\.0\.1:\d+$/, '127.0.0.1:port');
  }
  return value;
}

function bodyOf(text: string): unknown {
  try {
    return comparable(JSON.parse(text));
  } catch {
    return comparable(text);
  }
}

/** Headers that say something of the API. */
function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!/^(?:x-consul-.*|content-type|vary|allow|location|content-security-policy)$/.test(name)) continue;
    found[name] = /index|contenthash/.test(name) ? 'of the run' : String(value);
  }
  return found;
}

function recordedHeaders(reply: RecordedReply): IncomingHttpHeaders {
  return Object.fromEntries(reply.headers.map(([name, value]) => [name.toLowerCase(), value]));
}

/** The places in which two values differ. */
function differences(theirs: unknown, ours: unknown, path: string): string[] {
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length) {
    return theirs.flatMap((item, index) => differences(item, ours[index], `${path}[${index}]`));
  }
  if (isObject(theirs) && isObject(ours)) {
    return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].flatMap((key) =>
      differences(theirs[key], ours[key], `${path}.${key}`),
    );
  }
  const [one, other] = [JSON.stringify(theirs), JSON.stringify(ours)];
  return one === other ? [] : [`${path} ${one} / ${other}`];
}

/** @returns what differs, one word each; empty: nothing */
function compare(recorded: RecordedReply, ours: Reply): string[] {
  const found: string[] = [];
  if (recorded.status !== ours.status) found.push(`status ${recorded.status} / ${ours.status}`);
  // Some replies were too long to be kept.
  if (!/\.\.\.\[\d+ bytes\]$|^\(/.test(recorded.body)) {
    found.push(...differences(bodyOf(recorded.body), bodyOf(ours.body), 'body'));
  }
  const headers = recordedHeaders(recorded);
  // Two backends answer in Consul; ours is one, which knows its leader.
  if (headers['x-consul-query-backend'] === 'streaming') {
    headers['x-consul-query-backend'] = 'blocking-query';
    headers['x-consul-knownleader'] = 'true';
  }
  // 1.21 says what an empty success is.
  if (recorded.body === '' && recorded.status === 200) headers['content-type'] = 'application/json';
  const [wanted, given] = [headersOf(headers), headersOf(ours.headers)];
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(given)])) {
    if (wanted[name] !== given[name]) found.push(`${name}: ${wanted[name]} / ${given[name]}`);
  }
  return found;
}

const nodeMeta = {
  'consul-network-segment': '',
  'consul-version': '1.16.6',
  'eq-key': 'a=b',
  rack: 'r1',
  'rfc1035-note': 'plain text',
};

export async function run(context: {
  readonly sharedDir: string;
}): Promise<{ readonly passed: number; readonly failed: number; readonly lines: readonly string[] }> {
  const recording = JSON.parse(
    readFileSync(join(context.sharedDir, 'oracle', 'consul-http.json'), 'utf8'),
  ) as Recording;
  const newer = new Map(recording['differences_in_1.21.0'].map((one) => [`${one.method} ${one.path}`, one]));
  const discovery = await createDiscovery({
    httpPort: 0,
    dnsPort: 0,
    node: 'node1',
    nodeId: '11111111-2222-3333-4444-555555555555',
    nodeMeta,
    version: '1.16.6',
    random: () => 0,
  });
  const port = discovery.httpPort;
  const names = new Names();
  const lines: string[] = [];
  const unused = new Set(Object.keys(knownHttpDifferences));
  let passed = 0;
  let failed = 0;
  try {
    for (const [index, recorded] of recording.cases.entries()) {
      const written =
        recorded.rawBody ??
        (recorded.body === undefined || recorded.body === null ? undefined : JSON.stringify(recorded.body));
      const large = /^x repeated (\d+) times$/.exec(recorded.rawBody ?? '');
      const body = large === null ? written : 'x'.repeat(Number(large[1]));
      const path = names.translate(recorded.path);
      const beside = meanwhile[recorded.note ?? ''] ?? [];
      const pending = call(
        port,
        { ...recorded, path },
        body === undefined ? undefined : names.translate(body),
      );
      if (beside.length > 0) {
        await new Promise((done) => setTimeout(done, 60));
        for (const [method, where, what] of beside) {
          const text =
            what === undefined ? undefined : typeof what === 'string' ? what : JSON.stringify(what);
          await call(port, { method, path: where }, text);
        }
      }
      const ours = await pending;
      const { reply } =
        (index === unknownVerb || recorded.method !== 'PUT' || recorded.path !== '/v1/txn'
          ? newer.get(`${recorded.method} ${recorded.path}`)
          : undefined) ?? recorded;
      names.learnIndex(
        Number(recordedHeaders(reply)['x-consul-index'] ?? 0),
        Number(ours.headers['x-consul-index'] ?? 0),
      );
      try {
        names.learn(JSON.parse(reply.body), JSON.parse(ours.body));
      } catch {
        // Not every body is JSON.
      }
      const found = compare(reply, ours);
      const key = `${index} ${recorded.method} ${recorded.path}`;
      const reason = knownHttpDifferences[key];
      if ((found.length === 0) === (reason === undefined)) {
        passed++;
        unused.delete(key);
      } else {
        failed++;
        if (reason !== undefined) lines.push(`${key}: listed as different, and is equal`);
        unused.delete(key);
        for (const one of found) lines.push(`${key}: ${one}`);
      }
    }
  } finally {
    agent.destroy();
    await discovery.close();
  }
  for (const key of unused) lines.push(`${key}: listed as different, and not in the recording`);
  failed += unused.size;
  lines.push(
    `${recording.cases.length} calls, ${Object.keys(knownHttpDifferences).length} different by design`,
  );
  return { passed, failed, lines };
}
