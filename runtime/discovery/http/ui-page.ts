/**
 * `/ui/`: what there is and how it is, on a page that needs no script; a few lines of one look again when something
 * changes.
 */
import type { Catalog, CheckedService } from '../catalog/catalog.js';
import { aggregatedStatus } from '../catalog/health.js';
import type { ApiReply, Endpoint } from './endpoint.js';

/** Everything that somebody registered goes through this. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
.passing { color: #1a7f37; } .warning { color: #9a6700; } .critical, .maintenance { color: #cf222e; }
small { opacity: .7; }
`;

const script = `
const look = async (index) => {
  for (;;) {
    try {
      const reply = await fetch('/v1/health/state/any?wait=60s&index=' + index);
      const next = Number(reply.headers.get('x-consul-index'));
      if (index > 0 && next !== index) {
        const page = await (await fetch('/ui/')).text();
        document.querySelector('main').innerHTML =
          new DOMParser().parseFromString(page, 'text/html').querySelector('main').innerHTML;
      }
      index = next;
    } catch {
      await new Promise((done) => setTimeout(done, 5000));
    }
  }
};
look(0);
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

function serviceSection(catalog: Catalog, name: string): string {
  const instances = catalog.instances(name);
  const well = instances.filter(({ checks }) => aggregatedStatus(checks) === 'passing').length;
  const head = '<tr><th>Instance<th>Node<th>Address<th>Health<th>Tags<th>Checks</tr>';
  return (
    `<h2 id="${escaped(name)}">${escaped(name)} <small>${well} of ${instances.length} passing</small></h2>` +
    `<table>${head}${instances.map(instanceRow).join('')}</table>`
  );
}

/** The whole page. */
export function uiPage(catalog: Catalog): string {
  const names = [...catalog.serviceNames()].sort();
  const { node } = catalog;
  const sections = names.map((name) => serviceSection(catalog, name)).join('');
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Services</title>' +
    `<meta name="viewport" content="width=device-width"><style>${style}</style></head><body>` +
    `<h1>Services <small>${escaped(node.name)}, ${escaped(node.datacenter)}</small></h1>` +
    `<main><p>${names.length} services, index ${catalog.index}</p>${sections}</main>` +
    `<script>${script}</script></body></html>`
  );
}

/** `/` leads to the page. */
export function uiEndpoints(catalog: Catalog): Endpoint[] {
  const page = (): ApiReply => ({
    status: 200,
    octets: Buffer.from(uiPage(catalog), 'utf8'),
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
    },
  });
  const lead = (): ApiReply => ({ status: 307, headers: { Location: '/ui/' } });
  return [
    { method: 'GET', path: '/', exact: true, handle: lead },
    { method: 'GET', path: '/ui', handle: lead },
    { method: 'GET', path: '/ui/', exact: true, handle: page },
  ];
}
