/**
 * The graph of a configuration as Mermaid, as DOT, and as SVG without any tool.
 */
import type { ConfigurationGraph, GraphNode, NodeKind } from './configuration-graph.js';

const columns: readonly NodeKind[] = ['listener', 'chain', 'virtual_host', 'cluster', 'host'];

function mermaidText(text: string): string {
  return text.replace(/["#<>;`]/g, (one) => `#${one.charCodeAt(0)};`);
}

const mermaidShapes: Readonly<Record<NodeKind, readonly [string, string]>> = {
  listener: ['([', '])'],
  chain: ['[/', '/]'],
  virtual_host: ['[', ']'],
  cluster: ['[[', ']]'],
  host: ['(', ')'],
};

/** For Markdown. */
export function mermaid({ edges, nodes }: ConfigurationGraph): string {
  const lines = ['flowchart LR'];
  for (const { id, kind, label, missing } of nodes) {
    const [open, close] = mermaidShapes[kind];
    lines.push(`  ${id}${open}"${mermaidText(label)}"${close}${missing === true ? ':::missing' : ''}`);
  }
  for (const { from, label, to } of edges) {
    lines.push(label === '' ? `  ${from} --> ${to}` : `  ${from} -- "${mermaidText(label)}" --> ${to}`);
  }
  if (nodes.some(({ missing }) => missing === true)) lines.push('  classDef missing stroke-dasharray: 4 3');
  return `${lines.join('\n')}\n`;
}

function dotText(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

const dotShapes: Readonly<Record<NodeKind, string>> = {
  listener: 'oval',
  chain: 'parallelogram',
  virtual_host: 'box',
  cluster: 'component',
  host: 'note',
};

/** For Graphviz. */
export function dot({ edges, nodes }: ConfigurationGraph): string {
  const lines = ['digraph envoy {', '  rankdir=LR;', '  node [fontname="sans-serif"];'];
  for (const { id, kind, label, missing } of nodes) {
    lines.push(
      `  ${id} [label=${dotText(label)}, shape=${dotShapes[kind]}${missing === true ? ', style=dashed' : ''}];`,
    );
  }
  for (const { from, label, to } of edges) {
    lines.push(`  ${from} -> ${to}${label === '' ? '' : ` [label=${dotText(label)}]`};`);
  }
  return `${lines.join('\n')}\n}\n`;
}

function xmlText(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?')
    .replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** A node on the plane, in pixels. */
interface Box {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

const charWidth = 7;
const boxHeight = 30;
const rowGap = 14;
const columnGap = 150;
const margin = 20;
const maxLabel = 44;

const colors: Readonly<Record<NodeKind, string>> = {
  listener: '#dbeafe',
  chain: '#e0e7ff',
  virtual_host: '#dcfce7',
  cluster: '#fef3c7',
  host: '#f3f4f6',
};

function shorten(text: string): string {
  return text.length > maxLabel ? `${text.slice(0, maxLabel - 1)}…` : text;
}

/** Columns by kind; in a column, each node near the middle of those that lead to it. */
function layout({ edges, nodes }: ConfigurationGraph): Map<string, Box> {
  const boxes = new Map<string, Box>();
  let x = margin;
  for (const kind of columns) {
    const inColumn = nodes.filter((node) => node.kind === kind);
    if (inColumn.length === 0) continue;
    const wanted = inColumn.map((node, index) => {
      const sources = edges.filter(({ to }) => to === node.id).map(({ from }) => boxes.get(from)?.y);
      const known = sources.filter((y) => y !== undefined);
      const middle = known.length === 0 ? index * 1e-3 : known.reduce((sum, y) => sum + y, 0) / known.length;
      return { node, middle, index };
    });
    wanted.sort((a, b) => a.middle - b.middle || a.index - b.index);
    const width = Math.max(...inColumn.map(({ label }) => shorten(label).length)) * charWidth + 20;
    let free = margin;
    for (const { middle, node } of wanted) {
      const y = Math.max(free, Math.round(middle));
      boxes.set(node.id, { node, x, y, width });
      free = y + boxHeight + rowGap;
    }
    x += width + columnGap;
  }
  return boxes;
}

/** One file, without Graphviz or scripts. */
export function svg(graph: ConfigurationGraph): string {
  const boxes = layout(graph);
  const all = [...boxes.values()];
  const width = Math.max(0, ...all.map((box) => box.x + box.width)) + margin;
  const height = Math.max(0, ...all.map((box) => box.y + boxHeight)) + margin;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#6b7280"/></marker></defs>',
  ];
  for (const { from, label, to } of graph.edges) {
    const [start, end] = [boxes.get(from), boxes.get(to)];
    if (start === undefined || end === undefined) continue;
    const [x1, y1] = [start.x + start.width, start.y + boxHeight / 2];
    const [x2, y2] = [end.x, end.y + boxHeight / 2];
    const bend = (x2 - x1) / 2;
    lines.push(
      `<path d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" fill="none" stroke="#6b7280" marker-end="url(#arrow)"/>`,
    );
    if (label !== '') {
      lines.push(
        `<text x="${x2 - 10}" y="${y2 - 4}" text-anchor="end" font-size="10" fill="#374151">${xmlText(shorten(label).slice(0, 26))}</text>`,
      );
    }
  }
  for (const { node, width: boxWidth, x, y } of all) {
    const dashed = node.missing === true ? ' stroke-dasharray="4 3"' : '';
    lines.push(
      `<g><title>${xmlText(node.label)}</title><rect x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="5" fill="${colors[node.kind]}" stroke="#374151"${dashed}/><text x="${x + 10}" y="${y + 19}">${xmlText(shorten(node.label))}</text></g>`,
    );
  }
  return `${lines.join('\n')}\n</svg>\n`;
}

/** One line, with the version of its form. */
export function graphJson(graph: ConfigurationGraph): string {
  return `${JSON.stringify({ version: 1, ...graph })}\n`;
}
