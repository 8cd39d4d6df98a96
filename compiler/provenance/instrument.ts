/**
 * Source text -> the same text with every object literal, list literal and call wrapped, so that the second evaluation
 * knows where each value was made. No line is added: offsets of sites are those of the original text.
 */
import type { Node, SourceFile } from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import type { Site } from '../evaluate/messages.js';

interface Insertion {
  readonly at: number;
  readonly text: string;
  /** Of insertions at one offset, closers go first, then outer openers before inner ones. */
  readonly order: number;
}

type WithParts = Node & {
  readonly name?: Node;
  readonly properties?: readonly Node[];
  readonly elements?: readonly Node[];
  readonly left?: Node;
  readonly operatorToken?: Node;
  readonly initializer?: Node;
  readonly expression?: Node;
};

/** Adds its sites to `sites`, whose indexes are the ids in the text. */
export function instrument(file: SourceFile, path: string, sites: Site[]): string {
  const { text } = file;
  const insertions: Insertion[] = [];
  let order = 0;
  const wrap = (node: Node, open: string, close: string): void => {
    insertions.push({ at: node.getStart(file), text: open, order: order++ });
    // A closer at the end of an inner node must stand before the closer of the outer one.
    insertions.push({ at: node.end, text: close, order: -order });
  };
  const addSite = (node: Node, members: Site['members']): number => {
    sites.push({ file: path, start: node.getStart(file), end: node.end, members });
    return sites.length - 1;
  };
  const range = (node: Node) => [node.getStart(file), node.end] as const;

  const literal = (node: WithParts, parts: readonly Node[]): void => {
    const members: Record<string, readonly [number, number]> = {};
    let index: number | undefined = node.kind === SyntaxKind.ArrayLiteralExpression ? 0 : undefined;
    for (const part of parts as readonly WithParts[]) {
      if (part.kind === SyntaxKind.SpreadAssignment || part.kind === SyntaxKind.SpreadElement) {
        index = undefined;
        if (part.expression !== undefined) wrap(part.expression, '__envoy3.spread(', ')');
      } else if (node.kind === SyntaxKind.ArrayLiteralExpression) {
        if (index !== undefined) members[index++] = range(part);
      } else if (part.name !== undefined) {
        const name = text.slice(part.name.getStart(file), part.name.end);
        members[name.replace(/^(['"])(.*)\1$/, '$2')] = range(part);
      }
    }
    wrap(node, `__envoy3.made(__envoy3.begin(${addSite(node, members)}),`, ')');
  };

  const visit = (node: WithParts, assigned: boolean): void => {
    if (node.kind === SyntaxKind.ObjectLiteralExpression && !assigned) literal(node, node.properties ?? []);
    else if (node.kind === SyntaxKind.ArrayLiteralExpression && !assigned) literal(node, node.elements ?? []);
    else if (node.kind === SyntaxKind.CallExpression && isPlainCall(node, text, file)) {
      wrap(node, `__envoy3.called(${addSite(node, {})},`, ')');
    }
    const assignment =
      node.kind === SyntaxKind.BinaryExpression && node.operatorToken?.kind === SyntaxKind.EqualsToken;
    node.forEachChild((child) => {
      // `({ a, b } = x)` and `for ([a] of x)` look like literals and are none.
      visit(
        child as WithParts,
        assigned || ((assignment || isForInOrOf(node)) && child === (node.left ?? node.initializer)),
      );
      return undefined;
    });
  };
  visit(file as unknown as WithParts, false);

  insertions.sort(
    (a, b) => a.at - b.at || (a.order < 0 ? 0 : 1) - (b.order < 0 ? 0 : 1) || a.order - b.order,
  );
  let out = '';
  let from = 0;
  for (const insertion of insertions) {
    out += text.slice(from, insertion.at) + insertion.text;
    from = insertion.at;
  }
  return out + text.slice(from);
}

function isForInOrOf(node: Node): boolean {
  return node.kind === SyntaxKind.ForOfStatement || node.kind === SyntaxKind.ForInStatement;
}

/** Not `super()`, not `import()`, and no part of an optional chain, whose short circuit a wrapper would cut. */
function isPlainCall(node: WithParts, text: string, file: SourceFile): boolean {
  const callee = node.expression;
  if (
    callee === undefined ||
    callee.kind === SyntaxKind.SuperKeyword ||
    callee.kind === SyntaxKind.ImportKeyword
  )
    return false;
  return !text.slice(node.getStart(file), callee.end + 2).includes('?.');
}
