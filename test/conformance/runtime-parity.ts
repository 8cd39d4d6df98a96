/**
 * The layered runtime on real Envoy and on the bundled runtime: the same layers, the same changes by the admin interface and
 * by a link that moves. After each, `/runtime`, the counters and what requests get must be equal.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, stop, waitForPort } from '../bench/processes.js';
import { takePorts } from '../support/port-block.js';

interface Context {
  readonly envoyBin: string;
  readonly root: string;
}

type Engine = 'envoy' | 'envoy3';

const type = (name: string): string => `type.googleapis.com/envoy.extensions.filters.${name}`;

const answer = (text: string, match: object = { prefix: '/' }) => ({
  match,
  direct_response: { status: 200, body: { inline_string: text } },
});

const fraction = (runtime_key: string, numerator = 0, denominator = 'HUNDRED') => ({
  default_value: { numerator, denominator },
  runtime_key,
});

/** Paths whose answer a key decides, by a fraction of all or of none. */
const keys = [
  'a',
  'b',
  'c.d',
  'frac',
  'text',
  'neg',
  'number',
  'float',
  'large',
  'disk',
  'dir.deep',
  'spaced',
];

const bootstrap = (web: number, admin: number, link: string) => ({
  admin: { address: { socket_address: { address: '127.0.0.1', port_value: admin } } },
  layered_runtime: {
    layers: [
      {
        name: 'base',
        static_layer: {
          a: 100,
          c: { d: 100 },
          text: 'text',
          neg: -1,
          number: '100',
          float: 100.9,
          large: 5000,
          flag: true,
          overridden: 1,
          fault: { http: { abort: { http_status: 418 } } },
        },
      },
      { name: 'disk', disk_layer: { symlink_root: link } },
      { name: 'admin', admin_layer: {} },
    ],
  },
  static_resources: {
    listeners: [
      {
        name: 'web',
        address: { socket_address: { address: '127.0.0.1', port_value: web } },
        filter_chains: [
          {
            filters: [
              {
                name: 'http',
                typed_config: {
                  '@type': type('network.http_connection_manager.v3.HttpConnectionManager'),
                  stat_prefix: 'web',
                  http_filters: [
                    {
                      name: 'fault',
                      typed_config: {
                        '@type': type('http.fault.v3.HTTPFault'),
                        abort: { http_status: 503, percentage: { numerator: 0 } },
                        headers: [{ name: 'x-fault', present_match: true }],
                      },
                    },
                    { name: 'router', typed_config: { '@type': type('http.router.v3.Router') } },
                  ],
                  route_config: {
                    name: 'r',
                    virtual_hosts: [
                      {
                        name: 'all',
                        domains: ['*'],
                        routes: [
                          ...keys.map((key) =>
                            answer('yes', { path: `/${key}`, runtime_fraction: fraction(key) }),
                          ),
                          ...keys.map((key) =>
                            answer('yes', {
                              path: `/million/${key}`,
                              runtime_fraction: fraction(key, 0, 'MILLION'),
                            }),
                          ),
                          answer('yes', { path: '/full', runtime_fraction: fraction('full', 100) }),
                          answer('no'),
                        ],
                      },
                    ],
                  },
                },
              },
            ],
          },
        ],
      },
    ],
  },
});

type Step = readonly [
  name: string,
  act: (to: {
    modify(query: string): Promise<string>;
    put(files: Readonly<Record<string, string>>): void;
  }) => unknown,
];

const steps: readonly Step[] = [
  ['at the start', () => undefined],
  ['a value of the admin layer', ({ modify }) => modify('b=100')],
  ['over one of the static layer', ({ modify }) => modify('a=0')],
  [
    'a fraction',
    ({ modify }) => modify(`frac=${encodeURIComponent('{"numerator":1000000,"denominator":"MILLION"}')}`),
  ],
  ['a fraction that is none', ({ modify }) => modify(`frac=${encodeURIComponent('{"numerator":1,"x":2}')}`)],
  ['a text over a number', ({ modify }) => modify('number=text')],
  ['a number below nothing', ({ modify }) => modify('full=-5')],
  ['none of all', ({ modify }) => modify('full=0')],
  ['a float', ({ modify }) => modify('full=0.9')],
  ['all of all', ({ modify }) => modify('full=100.0')],
  ['taken back', ({ modify }) => modify('a=&full=')],
  ['what was never there', ({ modify }) => modify('never=')],
  ['faults', ({ modify }) => modify('fault.http.abort.abort_percent=100')],
  ['without a value', ({ modify }) => modify('')],
  ['other files', ({ put }) => put({ disk: '0', 'dir/deep': '100', spaced: ' 100', overridden: '2' })],
  ['a folder without files', ({ put }) => put({})],
];

async function ask(port: number, path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return `${response.status} ${await response.text()}`;
}

/** Sorted, for Envoy has no order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]));
}

async function observe(engine: Engine, { envoyBin, root }: Context): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), `envoy3-runtime-${engine}-`));
  const { ports, release } = await takePorts(['web', 'admin']);
  const [web, admin] = [Number(ports.web), Number(ports.admin)];
  const link = join(folder, 'current');
  let version = 0;
  const put = (files: Readonly<Record<string, string>>): void => {
    const own = join(folder, `v${++version}`);
    mkdirSync(join(own, 'dir'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text);
    symlinkSync(own, join(folder, 'next'));
    renameSync(join(folder, 'next'), link);
  };
  put({ disk: '100\n', 'dir/deep': '# a comment\n0\n', spaced: '100  \n\n', flag: 'false' });
  const config = join(folder, 'bootstrap.json');
  writeFileSync(config, JSON.stringify(bootstrap(web, admin, link)));
  const flags = ['-c', config, '-l', 'warning'];
  const running =
    engine === 'envoy'
      ? start(engine, envoyBin, [...flags, '--concurrency', '1', '--use-dynamic-base-id'], folder)
      : start(engine, process.execPath, [join(root, 'cli', 'envoy3.mjs'), 'serve', ...flags], folder);
  const seen = new Map<string, string>();
  const loads = async (): Promise<string> => ask(admin, '/stats?filter=^runtime.load_success');
  try {
    await waitForPort(admin, engine);
    await waitForPort(web, engine);
    const first = Number(/: (\d+)/.exec(await loads())?.[1]);
    for (const [name, act] of steps) {
      const before = await loads();
      const files = version;
      const said = await act({
        put,
        modify: (query) => ask(admin, `/runtime_modify?${query}`, { method: 'POST' }),
      });
      for (let look = 0; version > files && look < 300 && (await loads()) === before; look++)
        await new Promise((done) => setTimeout(done, 10));
      seen.set(`${name}: said`, String(said));
      seen.set(
        `${name}: /runtime`,
        JSON.stringify(sorted(JSON.parse((await ask(admin, '/runtime')).slice(4)))),
      );
      const answers: string[] = [];
      for (const path of ['full', ...keys, ...keys.map((key) => `million/${key}`)])
        answers.push(`${path} ${await ask(web, `/${path}`)}`);
      answers.push(await ask(web, '/', { headers: { 'x-fault': '1' } }));
      seen.set(`${name}: answers`, answers.join(', '));
      const counts = (await ask(admin, '/stats?filter=^runtime')).slice(4).split('\n');
      seen.set(
        `${name}: statistics`,
        counts
          .filter((line) => !line.startsWith('runtime.override_dir'))
          // Envoy loads twice while it starts.
          .map((line) =>
            line.replace(
              /^(runtime\.load_success: )(\d+)/,
              (_all, key, count) => `${key}${Number(count) - first}`,
            ),
          )
          .join(', '),
      );
    }
    return seen;
  } finally {
    await stop(running);
    await release();
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function run(context: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  const [real, ours] = await Promise.all([observe('envoy', context), observe('envoy3', context)]);
  for (const [name, expected] of real) {
    const got = ours.get(name);
    if (got === expected) passed++;
    else lines.push(name, `    Envoy  ${expected}`, `    envoy3 ${got}`);
  }
  return { passed, failed: real.size - passed, lines };
}
