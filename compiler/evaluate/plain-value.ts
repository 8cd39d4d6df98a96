/**
 * The default export as plain data. What is no data is reported with its path.
 */
import type { PathStep } from '../../dsl/api/index.js';
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
  // One path for the whole walk: most values have nothing to say.
  const path: PathStep[] = [];
  const fail = (what: string, at: readonly PathStep[] = path): undefined => {
    const message = `expected plain data, got ${what}`;
    failures.push({
      code: 'E2005',
      message,
      path: [...at],
      help: 'a bootstrap is made of objects, lists, texts, numbers and booleans',
    });
    return undefined;
  };
  const member = (value: unknown, step: PathStep): unknown => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    path.push(step);
    const out = copy(value);
    path.pop();
    return out;
  };
  const copy = (value: unknown): unknown => {
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
      return fail(`a ${typeof value}`);
    }
    if (typeof value !== 'object' || value === null) return value;
    const kind = kindOf(value);
    if (kind !== undefined) return fail(kind);
    if (open.has(value)) return fail('an object that contains itself');
    if (path.length > maxDepth) return fail(`objects nested deeper than ${maxDepth}`, path.slice(0, 5));
    open.add(value);
    const out = Array.isArray(value)
      ? copyList(value)
      : copyObject(value as Readonly<Record<string, unknown>>);
    open.delete(value);
    return out;
  };
  const copyList = (list: readonly unknown[]): unknown[] => list.map((item, index) => member(item, index));
  const copyObject = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> => {
    const out: Record<string, unknown> = {};
    for (const key of Object.keys(fields)) {
      const value = member(fields[key], key);
      // A key that would set the prototype is a key like others here.
      if (key === '__proto__') {
        Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
      } else out[key] = value;
    }
    return out;
  };
  return { value: copy(root), failures };
}
