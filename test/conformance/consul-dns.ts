/**
 * The recorded questions to a real Consul agent, asked of ours with Consul's own trimming: flags, codes, counts, sizes,
 * EDNS and the sets of records must be the same. What is random there (order, which of many) is compared as such: every
 * record must be one that could have been given.
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Discovery } from '../../runtime/discovery/index.js';
import { consulDnsDefaults, createDiscovery } from '../../runtime/discovery/index.js';
import { decodeMessage } from '../../runtime/network/dns/decode.js';
import { encodeMessage } from '../../runtime/network/dns/encode.js';
import type { DnsMessage, RecordTypeName, ResourceRecord } from '../../runtime/network/dns/message.js';
import { message, typeNumbers } from '../../runtime/network/dns/message.js';
import { knownDnsDifferences } from './consul-differences.js';

interface RecordedReply {
  readonly size: number;
  readonly flags: string;
  readonly rcode: string;
  readonly counts: readonly [number, number, number, number];
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  readonly opt?: {
    readonly version: number;
    readonly udpSize: number;
    readonly options: readonly string[];
  } | null;
}

interface RecordedQuestion {
  readonly phase: string;
  readonly q?: string;
  readonly raw?: string;
  readonly type?: string;
  readonly transport: 'udp' | 'tcp';
  readonly edns?: number | null;
  readonly opts?: Readonly<Record<string, string>>;
  readonly queryWire?: string;
  readonly repeats?: { readonly answerCounts: readonly number[] };
  readonly reply?: RecordedReply | null;
}

interface Registration {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
}

interface Recording {
  readonly cases: readonly RecordedQuestion[];
  readonly registrations: readonly Registration[];
  readonly 'differences_in_1.21.0': readonly RecordedQuestion[];
}

const otherTypes: Readonly<Record<string, number>> = {
  MX: 15,
  HTTPS: 65,
  CAA: 257,
  NAPTR: 35,
  DS: 43,
  AXFR: 252,
};
const rcodeNames = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const classes: Readonly<Record<string, number>> = { CH: 3, ANY: 255 };

/** What the phases of the recording switched on. */
const phases: Readonly<Record<string, Parameters<typeof createDiscovery>[0]>> = {
  default: {},
  only_passing: { dns: { onlyPassing: true } },
  ttls: {
    dns: {
      nodeTtl: 30,
      serviceTtl: { '*': 10, web: 5, 'pre*': 7, 'pre-a*': 8 },
      soa: { refresh: 1, retry: 2, expire: 3, minTtl: 44 },
    },
  },
  enable_truncate: { dns: { enableTruncate: true } },
  udp_answer_limit_8: { dns: { udpAnswerLimit: 8 } },
  udp_answer_limit_20: { dns: { udpAnswerLimit: 20 } },
  a_record_limit_2: { dns: { aRecordLimit: 2 } },
  disable_compression: { dns: { disableCompression: true } },
  allow_stale_false: {},
  meta_txt_off: { dns: { nodeMetaTxt: false } },
  recursor_dead: { recursors: ['127.0.0.1:1'], recursorTimeoutMs: 500 },
  node_maint: {},
};

function put(port: number, { method, path, body }: Registration): Promise<number> {
  return new Promise((done, fail) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path }, (response) => {
      response.resume();
      response.on('end', () => done(response.statusCode ?? 0));
    });
    request.on('error', fail);
    request.end(body === null ? undefined : JSON.stringify(body));
  });
}

function askUdp(port: number, octets: Buffer, waitMs: number): Promise<Buffer | undefined> {
  return new Promise((done) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => finish(undefined), waitMs);
    const finish = (reply: Buffer | undefined): void => {
      clearTimeout(timer);
      socket.close();
      done(reply);
    };
    socket.on('message', finish);
    socket.send(octets, port, '127.0.0.1');
  });
}

function askTcp(port: number, octets: Buffer): Promise<Buffer | undefined> {
  return new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    socket.on('error', fail);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      socket.destroy();
      done(received.subarray(2, 2 + received.readUInt16BE(0)));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(octets.length);
    socket.write(Buffer.concat([length, octets]));
  });
}

function typeOf(name: string): RecordTypeName {
  return name in typeNumbers ? (name as RecordTypeName) : `TYPE${otherTypes[name] ?? 0}`;
}

/** A record as the recording writes it. */
function text(record: ResourceRecord): string {
  const head = `${record.name === '' ? '' : record.name}. ${record.ttl} ${record.type}`;
  if ('address' in record) return `${head} ${record.address}`;
  switch (record.type) {
    case 'SRV':
      return `${head} ${record.priority} ${record.weight} ${record.port} ${record.target}.`;
    case 'TXT':
      return `${head} ${record.texts.map((one) => `"${Buffer.from(one).toString('utf8')}"`).join(' ')}`;
    case 'SOA': {
      const { primary, mailbox, refresh, retry, expire, minimum } = record;
      return `${head} ${primary}. ${mailbox}. serial ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return `${head} ${record.target}.`;
    default:
      return head;
  }
}

function recordedText(record: string): string {
  return record.replace(/(SOA \S+ \S+) \d+/, '$1 serial');
}

function flagsOf(reply: DnsMessage): string {
  const names = [
    ['aa', reply.authoritative],
    ['tc', reply.truncated],
    ['rd', reply.recursionDesired],
    ['ra', reply.recursionAvailable],
    ['ad', reply.authenticData],
    ['cd', reply.checkingDisabled],
  ] as const;
  return ['qr', ...names.filter(([, set]) => set).map(([name]) => name)].join(' ');
}

function queryOf(question: RecordedQuestion): Buffer {
  if (question.queryWire !== undefined) return Buffer.from(question.queryWire, 'hex');
  const { q = '', type = 'A', edns, opts = {} } = question;
  const subnet = opts.ecs === undefined ? undefined : Buffer.from('00011800c00002', 'hex');
  return encodeMessage(
    message({
      id: 4711,
      recursionDesired: opts.rd !== 'False',
      questions: [{ name: q, type: typeOf(type), class: classes[opts.qclass ?? ''] ?? 1 }],
      edns:
        edns === undefined || edns === null
          ? undefined
          : {
              udpSize: edns,
              version: 0,
              dnssecOk: opts.do === 'True',
              extendedRcode: 0,
              options: subnet === undefined ? [] : [{ code: 8, data: subnet }],
            },
    }),
  );
}

/**
 * @param trimmed which of many records there are is random
 * @param texts so is how long they are
 */
function compare(
  recorded: RecordedReply,
  octets: Buffer,
  trimmed: boolean,
  texts: boolean,
  counts: readonly number[],
): string[] {
  const found: string[] = [];
  const reply = decodeMessage(octets);
  const note = (what: string, theirs: unknown, ours: unknown): void => {
    if (JSON.stringify(theirs) !== JSON.stringify(ours)) {
      found.push(`${what}: ${JSON.stringify(theirs)} / ${JSON.stringify(ours)}`);
    }
  };
  note('flags', recorded.flags, flagsOf(reply));
  note('rcode', recorded.rcode, rcodeNames[reply.rcode]);
  const extra = reply.additionals.length + (reply.edns === undefined ? 0 : 1);
  note('counts', recorded.counts, [
    reply.questions.length,
    reply.answers.length,
    reply.authorities.length,
    extra,
  ]);
  if (!counts.includes(reply.answers.length)) note('answer counts', counts, reply.answers.length);
  // Which texts of a node a trimmed reply has is random, and so is its size.
  if (!trimmed || !texts) note('size', recorded.size, octets.length);
  if (recorded.opt === undefined || recorded.opt === null) note('OPT', false, reply.edns !== undefined);
  else {
    note('OPT size', recorded.opt.udpSize, reply.edns?.udpSize);
    note('OPT version', recorded.opt.version, reply.edns?.version);
    note('OPT options', recorded.opt.options.length, reply.edns?.options.length);
  }
  for (const [what, theirs, ours] of [
    ['answer', recorded.answer, reply.answers],
    ['authority', recorded.authority, reply.authorities],
    ['additional', recorded.additional, reply.additionals],
  ] as const) {
    const given = ours.map(text).sort();
    // The recording keeps the first six and says how many more there were.
    const wanted = theirs
      .filter((one) => !/more/.test(one))
      .map(recordedText)
      .sort();
    if (trimmed || wanted.length < given.length) {
      // Which of many, and what was not kept of them, is random: they are of the same kinds, and answers come once.
      if (what === 'answer') note('answers that are there twice', given.length, new Set(given).size);
      const kinds = (list: readonly string[]) => [...new Set(list.map((one) => one.split(' ')[2]))].sort();
      note(`${what} kinds`, kinds(wanted), kinds(given).slice(0, kinds(wanted).length));
    } else note(what, wanted, given);
  }
  return found;
}

async function start(phase: string, registrations: readonly Registration[]): Promise<Discovery> {
  const options = phases[phase] ?? {};
  const discovery = await createDiscovery({
    httpPort: 0,
    dnsPort: 0,
    node: 'node1',
    nodeId: '11111111-2222-3333-4444-555555555555',
    nodeMeta: {
      'consul-network-segment': '',
      'consul-version': '1.16.6',
      rack: 'r1',
      'rfc1035-note': 'plain text',
      'eq-key': 'a=b',
    },
    ...options,
    dns: { ...consulDnsDefaults, ...options.dns },
  });
  for (const registration of registrations) {
    const status = await put(discovery.httpPort, registration);
    if (status !== registration.status) {
      throw new Error(`${registration.path}: ${status}, ${registration.status} is recorded`);
    }
  }
  if (phase === 'node_maint') {
    await put(discovery.httpPort, {
      method: 'PUT',
      path: '/v1/agent/maintenance?enable=true',
      body: null,
      status: 200,
    });
  }
  return discovery;
}

export async function run(context: {
  readonly sharedDir: string;
}): Promise<{ readonly passed: number; readonly failed: number; readonly lines: readonly string[] }> {
  const recording = JSON.parse(
    readFileSync(join(context.sharedDir, 'oracle', 'consul-dns.json'), 'utf8'),
  ) as Recording;
  const newer = new Map(
    recording['differences_in_1.21.0'].map((one) => [`${one.phase} ${one.q} ${one.type}`, one]),
  );
  const lines: string[] = [];
  const unused = new Set(Object.keys(knownDnsDifferences));
  let passed = 0;
  let failed = 0;
  for (const phase of Object.keys(phases)) {
    const discovery = await start(phase, recording.registrations);
    try {
      for (const [index, question] of recording.cases.entries()) {
        if (question.phase !== phase) continue;
        const key =
          `${index} ${phase} ${question.q ?? question.raw} ${question.type ?? ''} ${question.transport} ${question.edns ?? ''}`.trim();
        const { reply: recorded } = newer.get(`${phase} ${question.q} ${question.type}`) ?? question;
        const reply =
          recorded === undefined || recorded === null || 'noReply' in recorded ? undefined : recorded;
        const octets = queryOf(question);
        const waitMs = reply === undefined ? 150 : 3000;
        const ours =
          question.transport === 'tcp'
            ? await askTcp(discovery.dnsPort, octets)
            : await askUdp(discovery.dnsPort, octets, waitMs);
        const counts = question.repeats?.answerCounts ?? [reply?.counts[1] ?? 0];
        const kept = [reply?.answer.length, reply?.additional.length];
        const extras = (reply?.counts[3] ?? 0) - (reply?.opt ? 1 : 0);
        const partial = kept[0] !== reply?.counts[1] || kept[1] !== extras;
        const isLimited = /^n\d+\.|TXT|ANY/.test(`${question.q} ${question.type}`) || phase.includes('limit');
        const found =
          reply === undefined
            ? ours === undefined
              ? []
              : ['an answer / silence']
            : ours === undefined
              ? ['silence / an answer']
              : compare(reply, ours, partial || isLimited, /^node1\./.test(question.q ?? ''), counts);
        const reason = knownDnsDifferences[key];
        if ((found.length === 0) === (reason === undefined)) passed++;
        else {
          failed++;
          if (reason !== undefined) lines.push(`${key}: listed as different, and is equal`);
          for (const one of found) lines.push(`${key}: ${one}`);
        }
        unused.delete(key);
      }
    } finally {
      await discovery.close();
    }
  }
  for (const key of unused) lines.push(`${key}: listed as different, and not in the recording`);
  failed += unused.size;
  lines.push(
    `${recording.cases.length} questions, ${Object.keys(knownDnsDifferences).length} different by design`,
  );
  return { passed, failed, lines };
}
