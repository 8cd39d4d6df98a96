/**
 * A configuration as a graph: listeners -> filter chains -> virtual hosts -> clusters -> hosts.
 */
import type { FilterChainOverview, Overview } from '../overview/overview.js';

/** In the order from left to right. */
export type NodeKind = 'listener' | 'chain' | 'virtual_host' | 'cluster' | 'host';

/** A box. */
export interface GraphNode {
  /** Short, unique, of letters and digits. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly label: string;
  /** A cluster that is named and not there. */
  readonly missing?: boolean;
}

/** An arrow. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** Nodes in the order of the configuration. */
export interface ConfigurationGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly #edges = new Map<string, { from: string; to: string; labels: string[] }>();
  readonly #ids = new Map<string, string>();

  node(kind: NodeKind, key: string, label: string, missing = false): string {
    const full = `${kind}\0${key}`;
    let id = this.#ids.get(full);
    if (id === undefined) {
      id = `n${this.nodes.length + 1}`;
      this.#ids.set(full, id);
      this.nodes.push({ id, kind, label, ...(missing ? { missing } : {}) });
    }
    return id;
  }

  /** Several routes from one virtual host to one cluster are one edge. */
  edge(from: string, to: string, label: string): void {
    const key = `${from} ${to}`;
    const edge = this.#edges.get(key) ?? { from, to, labels: [] };
    if (label !== '' && !edge.labels.includes(label)) edge.labels.push(label);
    this.#edges.set(key, edge);
  }

  get edges(): GraphEdge[] {
    return [...this.#edges.values()].map(({ from, labels, to }) => {
      const more = labels.length > 3 ? `, ${labels.length - 3} more` : '';
      return { from, to, label: `${labels.slice(0, 3).join(', ')}${more}` };
    });
  }
}

function chainLabel(chain: FilterChainOverview): string {
  const match = chain.match.length === 0 ? 'all connections' : chain.match.join(', ');
  return `${chain.name === '' ? '' : `${chain.name}: `}${match}${chain.tls ? ' (TLS)' : ''}`;
}

/** Clusters and hosts are one node each, whoever leads to them. */
export function configurationGraph(overview: Overview): ConfigurationGraph {
  const graph = new GraphBuilder();
  const known = new Set(overview.clusters.map(({ name }) => name));
  const cluster = (name: string): string => graph.node('cluster', name, name, !known.has(name));
  for (const [index, listener] of overview.listeners.entries()) {
    const label = listener.name === listener.address ? listener.name : `${listener.name} ${listener.address}`;
    const from = graph.node('listener', String(index), label);
    for (const [at, chain] of listener.chains.entries()) {
      const place = `${index}.${at}`;
      const single = listener.chains.length === 1 && chain.match.length === 0;
      const entry = single ? from : graph.node('chain', place, chainLabel(chain));
      if (!single) graph.edge(from, entry, '');
      for (const [host, virtualHost] of chain.virtualHosts.entries()) {
        const domains = virtualHost.domains.slice(0, 3).join(', ');
        const title = `${virtualHost.name}: ${domains}${virtualHost.domains.length > 3 ? ', ...' : ''}`;
        const node = graph.node('virtual_host', `${place}.${host}`, title);
        graph.edge(entry, node, '');
        for (const { conditions, match, targets } of virtualHost.routes) {
          const text = [match, ...conditions].join(' ');
          for (const { cluster: name, percent } of targets) {
            graph.edge(node, cluster(name), percent === 100 ? text : `${text} ${percent} %`);
          }
        }
      }
      for (const name of chain.clusters) graph.edge(entry, cluster(name), '');
    }
  }
  for (const { hosts, name } of overview.clusters) {
    const from = cluster(name);
    for (const host of hosts) graph.edge(from, graph.node('host', host, host), '');
  }
  return { nodes: graph.nodes, edges: graph.edges };
}
