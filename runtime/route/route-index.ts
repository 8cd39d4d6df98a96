/**
 * The first route that matches, in the order of the configuration, found in about the same time among ten as among ten
 * thousand: one walk along the path through a tree of all paths and prefixes (a radix tree). Each node knows the least
 * place in the order that is still to come below it, so the walk ends as soon as nothing better can.
 */
import { lowerAscii } from '../common/octet-text.js';
import type { CompiledMatch } from './compile-route-match.js';
import { EXACT, PATTERN, SEGMENT_PREFIX } from './compile-route-match.js';
import type { RouteRequest } from './route-table.js';

export interface IndexedRoute<T> {
  readonly match: CompiledMatch;
  readonly route: T;
}

/** A route with its place in the order. */
interface Candidate<T> extends IndexedRoute<T> {
  readonly place: number;
}

class RadixNode<T> {
  /** What stands between the parent and this node. */
  label: string;
  /** Least place in this node and below. */
  first: number;
  /** Routes whose text ends here, in order. */
  readonly candidates: Candidate<T>[];
  /** By the first octet of their labels. */
  readonly children: Map<number, RadixNode<T>>;

  constructor(label: string, first: number, candidates: Candidate<T>[], children: Map<number, RadixNode<T>>) {
    this.label = label;
    this.first = first;
    this.candidates = candidates;
    this.children = children;
  }

  /** To be called in the order of the candidates. */
  add(text: string, candidate: Candidate<T>): void {
    let node: RadixNode<T> = this;
    let at = 0;
    while (at < text.length) {
      const octet = text.charCodeAt(at);
      const child = node.children.get(octet);
      if (child === undefined) {
        node.children.set(octet, new RadixNode(text.slice(at), candidate.place, [candidate], new Map()));
        return;
      }
      let shared = 1;
      while (shared < child.label.length && child.label[shared] === text[at + shared]) shared++;
      if (shared < child.label.length) {
        const lower = child.label.charCodeAt(shared);
        const upper = new RadixNode(child.label.slice(0, shared), child.first, [], new Map([[lower, child]]));
        child.label = child.label.slice(shared);
        node.children.set(octet, upper);
        node = upper;
      } else node = child;
      at += shared;
    }
    node.candidates.push(candidate);
  }
}

/** @param end of the path in `text`, where its query begins; the candidate's own text has been found up to `at` */
function fits<T>(
  { match }: Candidate<T>,
  text: string,
  at: number,
  end: number,
  request: RouteRequest,
): boolean {
  switch (match.kind) {
    case EXACT:
      if (at !== end) return false;
      break;
    case SEGMENT_PREFIX:
      if (at !== end && text.charCodeAt(at) !== 0x2f) return false;
      break;
    case PATTERN:
      if (!(match.testPath as (path: string) => boolean)(end === text.length ? text : text.slice(0, end))) {
        return false;
      }
  }
  return match.testRequest === undefined || match.testRequest(request);
}

/** @param best the least place found so far belongs to it */
function search<T>(
  root: RadixNode<T>,
  text: string,
  end: number,
  request: RouteRequest,
  best: Candidate<T> | undefined,
): Candidate<T> | undefined {
  let found = best;
  let limit = best === undefined ? Number.MAX_SAFE_INTEGER : best.place;
  let node: RadixNode<T> | undefined = root;
  let at = 0;
  while (node !== undefined && node.first < limit) {
    const { candidates } = node;
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index] as Candidate<T>;
      if (candidate.place >= limit) break;
      if (!fits(candidate, text, at, end, request)) continue;
      found = candidate;
      limit = candidate.place;
      break;
    }
    if (at === end) break;
    node = node.children.get(text.charCodeAt(at));
    if (node === undefined) break;
    const { length } = node.label;
    if (at + length > end || (length > 1 && !text.startsWith(node.label, at))) break;
    at += length;
  }
  return found;
}

/** Finds the first route for a request. @param end of the path in `request.path`, where its query begins */
export type FindRoute<T> = (request: RouteRequest, end: number) => T | undefined;

/** @param routes in the order of the configuration */
export function indexRoutes<T>(routes: readonly IndexedRoute<T>[]): FindRoute<T> {
  const tree = (folds: boolean): RadixNode<T> => {
    const root = new RadixNode<T>('', Number.MAX_SAFE_INTEGER, [], new Map());
    for (const [place, { match, route }] of routes.entries()) {
      if (match.foldsCase !== folds) continue;
      root.first = Math.min(root.first, place);
      root.add(match.text, { match, route, place });
    }
    return root;
  };
  const asIs = tree(false);
  if (!routes.some(({ match }) => match.foldsCase)) {
    return (request, end) => search(asIs, request.path, end, request, undefined)?.route;
  }
  const folded = tree(true);
  return (request, end) => {
    const found = search(asIs, request.path, end, request, undefined);
    return search(folded, lowerAscii(request.path), end, request, found)?.route;
  };
}
