/**
 * A page about a configuration for people who do not read it: as Markdown, and as one HTML file without scripts.
 */
import { configurationGraph } from '../graph/configuration-graph.js';
import { mermaid, svg } from '../graph/draw-graph.js';
import type { ClusterOverview, FilterChainOverview, Overview, RouteOverview } from '../overview/overview.js';

type Row = readonly string[];

interface Table {
  readonly head: Row;
  readonly rows: readonly Row[];
}

/** A page as data. Cells are plain texts. */
interface Section {
  readonly title: string;
  readonly level: 2 | 3 | 4;
  readonly text: readonly string[];
  readonly table?: Table;
}

function goesTo(route: RouteOverview): string {
  if (route.targets.length === 0) return route.answer;
  return route.targets
    .map(({ cluster, percent }) => (percent === 100 ? cluster : `${cluster} (${percent} %)`))
    .join(', ');
}

function routeTable(routes: readonly RouteOverview[]): Table {
  return {
    head: ['#', 'path', 'if', 'goes to', 'timeout', 'name'],
    rows: routes.map((route, index) => [
      String(index + 1),
      route.match,
      route.conditions.join(', '),
      goesTo(route),
      route.timeout,
      route.name,
    ]),
  };
}

function* chainSections(chain: FilterChainOverview, single: boolean): Generator<Section> {
  const match =
    chain.match.length === 0 ? 'Takes every connection' : `Takes connections with ${chain.match.join(', ')}`;
  const text = [
    `${match}${chain.tls ? ', over TLS' : ''}.`,
    `Filters: ${chain.filters.join(', ')}.`,
    ...(chain.source === '' ? [] : [`Its routes are ${chain.source}.`]),
    ...(chain.clusters.length === 0 ? [] : [`Clusters of its filters: ${chain.clusters.join(', ')}.`]),
  ];
  yield { title: single ? 'Connections' : `Filter chain ${chain.name}`.trim(), level: 3, text };
  for (const { domains, name, routes } of chain.virtualHosts) {
    yield {
      title: `Virtual host ${name}`,
      level: 4,
      text: [`Domains: ${domains.join(', ')}. The first route that fits counts.`],
      table: routeTable(routes),
    };
  }
}

function clusterRow(cluster: ClusterOverview): Row {
  return [
    cluster.name,
    cluster.type,
    cluster.hosts.join(', '),
    cluster.loadBalancing,
    cluster.connectTimeout,
    [cluster.tls ? 'TLS' : '', cluster.http2 ? 'HTTP/2' : ''].filter((part) => part !== '').join(', '),
    [...cluster.healthChecks, cluster.outlierDetection ? 'outlier detection' : '']
      .filter((part) => part !== '')
      .join(', '),
  ];
}

function* sections(overview: Overview): Generator<Section> {
  for (const listener of overview.listeners) {
    yield { title: `Listener ${listener.name}`, level: 2, text: [`Listens on ${listener.address}.`] };
    for (const chain of listener.chains) yield* chainSections(chain, listener.chains.length === 1);
  }
  yield {
    title: 'Clusters',
    level: 2,
    text: overview.clusters.length === 0 ? ['None.'] : [],
    ...(overview.clusters.length === 0
      ? {}
      : {
          table: {
            head: ['cluster', 'type', 'hosts', 'load balancing', 'connect timeout', 'protocol', 'health'],
            rows: overview.clusters.map(clusterRow),
          },
        }),
  };
  if (overview.secrets.length > 0) yield { title: 'Secrets', level: 2, text: [overview.secrets.join(', ')] };
}

function introduction({ admin, clusters, listeners, node }: Overview): string[] {
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  return [
    `${count(listeners.length, 'listener')}, ${count(clusters.length, 'cluster')}.`,
    ...(node === '' ? [] : [`Node: ${node}.`]),
    ...(admin === '' ? ['There is no admin interface.'] : [`Admin interface: ${admin}.`]),
  ];
}

function markdownText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replaceAll('\n', ' ');
}

/** @param title of the page */
export function documentMarkdown(overview: Overview, title: string): string {
  const lines = [`# ${markdownText(title)}`, '', ...introduction(overview).map(markdownText), ''];
  lines.push('```mermaid', mermaid(configurationGraph(overview)).trimEnd(), '```', '');
  for (const { level, table, text, title: heading } of sections(overview)) {
    lines.push(`${'#'.repeat(level)} ${markdownText(heading)}`, '');
    for (const line of text) lines.push(markdownText(line), '');
    if (table === undefined) continue;
    const row = (cells: Row): string => `| ${cells.map(markdownText).join(' | ')} |`;
    lines.push(row(table.head), `| ${table.head.map(() => '---').join(' | ')} |`, ...table.rows.map(row), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function html(text: string): string {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#111827}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{border:1px solid #d1d5db;padding:.25rem .6rem;text-align:left;vertical-align:top}
th{background:#f3f4f6}.graph{overflow-x:auto;border:1px solid #d1d5db;margin:1rem 0}`;

/** Nothing is loaded from elsewhere. @param title of the page */
export function documentHtml(overview: Overview, title: string): string {
  const out = [
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>${html(title)}</title>\n<style>${style}</style>\n</head>\n<body>`,
    `<h1>${html(title)}</h1>`,
    ...introduction(overview).map((line) => `<p>${html(line)}</p>`),
    `<div class="graph">${svg(configurationGraph(overview))}</div>`,
  ];
  for (const { level, table, text, title: heading } of sections(overview)) {
    out.push(`<h${level}>${html(heading)}</h${level}>`, ...text.map((line) => `<p>${html(line)}</p>`));
    if (table === undefined) continue;
    const row = (cells: Row, tag: string): string =>
      `<tr>${cells.map((cell) => `<${tag}>${html(cell)}</${tag}>`).join('')}</tr>`;
    out.push(
      `<table>${row(table.head, 'th')}${table.rows.map((cells) => row(cells, 'td')).join('')}</table>`,
    );
  }
  return `${out.join('\n')}\n</body>\n</html>\n`;
}
