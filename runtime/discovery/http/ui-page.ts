/**
 * `/ui/`: what there is, how it is and which clusters use it, on a page that needs no script; a few lines of one look
 * again when something changes.
 */
import type { Catalog, CheckedService } from '../catalog/catalog.js';
import { aggregatedStatus } from '../catalog/health.js';
import type { ClusterUse } from '../cluster-uses.js';
import type { ApiReply, Endpoint } from './endpoint.js';

export interface UiOptions {
  readonly catalog: Catalog;
  /**
   * Clusters of the configuration that discovery knows of; undefined when it knows of none.
   * @throws Error whose words are shown: the configuration cannot be read
   */
  readonly uses: () => readonly ClusterUse[] | undefined;
}

/** More are not put on one page: somebody reads it. */
const maxServices = 200;
const maxInstances = 100;

/** Everything that somebody registered goes through this. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2rem 0 .2rem; } p { margin: .2rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
.passing { color: #1a7f37; } .warning { color: #9a6700; } .critical, .maintenance, .problem { color: #cf222e; }
small, .unused { opacity: .7; font-weight: normal; }
`;

/** A service that has no checks changes no check: both are watched. What the configuration says is seen each minute. */
const script = `
const token = new URLSearchParams(location.search).get('token');
const headers = token === null ? {} : { 'X-Consul-Token': token };
const draw = async () => {
  const page = await (await fetch(location.href, { headers })).text();
  document.querySelector('main').innerHTML =
    new DOMParser().parseFromString(page, 'text/html').querySelector('main').innerHTML;
};
const watch = async (path, index) => {
  for (;;) {
    try {
      const reply = await fetch(path + '?wait=60s&index=' + index, { headers });
      if (!reply.ok) throw new Error(reply.statusText);
      await reply.text();
      const next = Number(reply.headers.get('x-consul-index'));
      if (index > 0) await draw();
      index = next;
    } catch {
      await new Promise((done) => setTimeout(done, 5000));
    }
  }
};
watch('/v1/health/state/any', 0);
watch('/v1/catalog/services', 0);
`;

function instanceRow({ service, node, checks }: CheckedService): string {
  const status = aggregatedStatus(checks);
  const words = checks
    .filter((check) => check.serviceId !== '' || check.status !== 'passing')
    .map((check) => {
      const said = check.output === '' ? '' : `: ${escaped(check.output.slice(0, 200))}`;
      return `<span class="${escaped(check.status)}">${escaped(check.name)}</span><small>${said}</small>`;
    });
  const address = `${escaped(service.address || node.address)}:${service.port}`;
  return (
    `<tr><td>${escaped(service.id)}</td><td>${escaped(node.name)}</td><td>${address}</td>` +
    `<td class="${status}">${status}</td><td>${service.tags.map(escaped).join(', ')}</td>` +
    `<td>${words.join('<br>')}</td></tr>`
  );
}

function useWords(uses: readonly ClusterUse[] | undefined): string {
  if (uses === undefined) return '';
  if (uses.length === 0) return '<p class="unused">used by no cluster</p>';
  const words = uses.map(({ cluster, name }) => `<b>${escaped(cluster)}</b> <small>${escaped(name)}</small>`);
  return `<p class="used">used by ${uses.length === 1 ? 'cluster' : 'clusters'} ${words.join(', ')}</p>`;
}

function serviceSection(catalog: Catalog, name: string, uses: readonly ClusterUse[] | undefined): string {
  const instances = catalog.instances(name);
  const well = instances.filter(({ checks }) => aggregatedStatus(checks) === 'passing').length;
  const head = '<tr><th>Instance<th>Node<th>Address<th>Health<th>Tags<th>Checks</tr>';
  const more = instances.length - maxInstances;
  return (
    `<section><h2 id="${escaped(name)}">${escaped(name)} <small>${well} of ${instances.length} passing</small></h2>` +
    useWords(uses) +
    `<table>${head}${instances.slice(0, maxInstances).map(instanceRow).join('')}</table>` +
    `${more > 0 ? `<p>${more} more</p>` : ''}</section>`
  );
}

/** What clusters ask for and nobody has registered: those clusters have no hosts. */
function missingSection(uses: readonly ClusterUse[]): string {
  if (uses.length === 0) return '';
  const rows = uses.map(
    ({ cluster, name }) => `<tr><td>${escaped(cluster)}</td><td>${escaped(name)}</td></tr>`,
  );
  return (
    `<section id="missing"><h2 class="problem">Clusters without a service</h2>` +
    `<table><tr><th>Cluster<th>asks for</tr>${rows.join('')}</table></section>`
  );
}

function usesOf(options: UiOptions): { uses: readonly ClusterUse[] | undefined; problem: string } {
  try {
    return { uses: options.uses(), problem: '' };
  } catch (error) {
    const words = `the clusters cannot be told: ${(error as Error).message}`;
    return { uses: undefined, problem: `<p class="problem">${escaped(words)}</p>` };
  }
}

/** The whole page. @param wanted part of the names to show, '' for all */
export function uiPage(options: UiOptions, wanted = ''): string {
  const { catalog } = options;
  const { node } = catalog;
  const { uses, problem } = usesOf(options);
  const byService = new Map<string, ClusterUse[]>();
  for (const use of uses ?? []) byService.set(use.service, [...(byService.get(use.service) ?? []), use]);
  const all = [...catalog.serviceNames()].sort();
  const known = new Set(all.map((name) => name.toLowerCase()));
  const missing = (uses ?? []).filter(({ service }) => !known.has(service));
  const found = all.filter((name) => name.toLowerCase().includes(wanted.toLowerCase()));
  const sections = found
    .slice(0, maxServices)
    .map((name) =>
      serviceSection(
        catalog,
        name,
        uses === undefined ? undefined : (byService.get(name.toLowerCase()) ?? []),
      ),
    );
  const left = found.length - maxServices;
  const more = left > 0 ? `<p>${left} more services: search for a part of the name</p>` : '';
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Services</title>' +
    `<meta name="viewport" content="width=device-width"><style>${style}</style></head><body>` +
    `<h1>Services <small>${escaped(node.name)}, ${escaped(node.datacenter)}</small></h1>` +
    '<form><input type="search" name="q" aria-label="part of the name" placeholder="part of the name" ' +
    `value="${escaped(wanted)}"> <button>Search</button></form>` +
    `<main>${problem}<p>${found.length} of ${all.length} services, index ${catalog.index}</p>` +
    `${missingSection(missing)}${sections.join('')}${more}</main>` +
    `<script>${script}</script></body></html>`
  );
}

/** `/` leads to the page. */
export function uiEndpoints(options: UiOptions): Endpoint[] {
  const page = (wanted: string): ApiReply => ({
    status: 200,
    octets: Buffer.from(uiPage(options, wanted), 'utf8'),
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      // A token may be in the address.
      'Referrer-Policy': 'no-referrer',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'",
    },
  });
  const lead = (): ApiReply => ({ status: 307, headers: { Location: '/ui/' } });
  return [
    { method: 'GET', path: '/', exact: true, handle: lead },
    { method: 'GET', path: '/ui', handle: lead },
    { method: 'GET', path: '/ui/', exact: true, handle: ({ query }) => page(query.get('q') ?? '') },
  ];
}
