/**
 * The default export as plain data. What is no data is reported with its path.
 */
import type { Path, PathStep } from '../../dsl/api/index.js';
import type { EvaluateFailure } from './messages.js';

function kindOf(value: object): string | undefined {
  const name = Object.prototype.toString.call(value).slice(8, -1);
  return name === 'Object' || name === 'Array' ? undefined : `a ${name}`;
}

/** Envoy stops at 100; deeper ones would use up the stack of whoever reads them. */
const maxDepth = 500;

/** Copies objects and lists; shared parts are copied each time, cycles are refused. */
export function toPlainValue(root: unknown): {
  readonly value: unknown;
  readonly failures: readonly EvaluateFailure[];
} {
  const failures: EvaluateFailure[] = [];
  const open = new Set<object>();
  const fail = (what: string, path: Path): undefined => {
    const message = `expected plain data, got ${what}`;
    failures.push({
      code: 'E2005',
      message,
      path,
      help: 'a bootstrap is made of objects, lists, texts, numbers and booleans',
    });
    return undefined;
  };
  const copy = (value: unknown, path: readonly PathStep[]): unknown => {
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
      return fail(`a ${typeof value}`, path);
    }
    if (typeof value !== 'object' || value === null) return value;
    const kind = kindOf(value);
    if (kind !== undefined) return fail(kind, path);
    if (open.has(value)) return fail('an object that contains itself', path);
    if (path.length > maxDepth) return fail(`objects nested deeper than ${maxDepth}`, path.slice(0, 5));
    open.add(value);
    const out = Array.isArray(value)
      ? value.map((item, index) => copy(item, [...path, index]))
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, [...path, key])]));
    open.delete(value);
    return out;
  };
  return { value: copy(root, []), failures };
}
