/**
 * A filter to a function on the objects of the API. Selectors are checked against the shape of those objects first, so
 * that a filter with a wrong name is an error and not an empty list.
 */
import { RE2JS } from 're2js';
import type { FilterExpression, MatchOperator } from './parse-filter.js';
import { FilterError, parseFilter } from './parse-filter.js';

/** What a filter may ask an object for. */
export type Shape =
  | 'string'
  | 'int'
  | 'bool'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly struct: Readonly<Record<string, Shape>> };

type Test = (object: unknown) => boolean;

const operatorName: Readonly<Record<MatchOperator, string>> = {
  equal: 'Equal',
  in: 'In',
  matches: 'Matches',
  empty: 'Is Empty',
};

function unsupported(operator: MatchOperator, selector: readonly string[]): FilterError {
  return new FilterError(
    `Invalid match operator "${operatorName[operator]}" for selector "${selector.join('.')}"`,
  );
}

function parseInteger(value: string): number {
  if (!/^[+-]?\d+$/.test(value))
    throw new FilterError(`strconv.ParseInt: parsing "${value}": invalid syntax`);
  return Number(value);
}

function parseBool(value: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw new FilterError(`strconv.ParseBool: parsing "${value}": invalid syntax`);
}

function pattern(value: string): RE2JS {
  try {
    return RE2JS.compile(value);
  } catch (error) {
    throw new FilterError(`Failed to compile regular expression "${value}": ${(error as Error).message}`);
  }
}

/** Test of a value that the selector has led to. */
function leaf(shape: Shape, operator: MatchOperator, value: string, selector: readonly string[]): Test {
  if (shape === 'string') {
    if (operator === 'equal') return (found) => found === value;
    if (operator === 'in') return (found) => String(found ?? '').includes(value);
    if (operator === 'empty') return (found) => (found ?? '') === '';
    const compiled = pattern(value);
    return (found) => compiled.matcher(String(found ?? '')).find();
  }
  if (shape === 'int' || shape === 'bool') {
    if (operator !== 'equal') throw unsupported(operator, selector);
    const wanted = shape === 'int' ? parseInteger(value) : parseBool(value);
    return (found) => found === wanted;
  }
  if ('struct' in shape) throw unsupported(operator, selector);
  const entries = (found: unknown): readonly unknown[] =>
    Array.isArray(found) ? found : Object.keys((found ?? {}) as object);
  if (operator === 'empty') return (found) => entries(found).length === 0;
  if (operator !== 'in') throw unsupported(operator, selector);
  if ('list' in shape) {
    const one = leaf(shape.list, 'equal', value, selector);
    return (found) => entries(found).some(one);
  }
  return (found) => entries(found).includes(value);
}

function step(
  shape: Shape,
  selector: readonly string[],
  at: number,
  operator: MatchOperator,
  value: string,
): Test {
  const name = selector[at];
  if (name === undefined) return leaf(shape, operator, value, selector);
  const invalid = (): FilterError => new FilterError(`Selector "${selector.join('.')}" is not valid`);
  if (typeof shape === 'string') throw invalid();
  if ('list' in shape) {
    const inner = step(shape.list, selector, at, operator, value);
    return (found) => Array.isArray(found) && found.some(inner);
  }
  if ('map' in shape) {
    const inner = step(shape.map, selector, at + 1, operator, value);
    return (found) => {
      const map = (found ?? {}) as Record<string, unknown>;
      return Object.hasOwn(map, name) && inner(map[name]);
    };
  }
  if (!Object.hasOwn(shape.struct, name)) throw invalid();
  const inner = step(shape.struct[name] as Shape, selector, at + 1, operator, value);
  return (found) => inner(((found ?? {}) as Record<string, unknown>)[name]);
}

function compile(expression: FilterExpression, shape: Shape): Test {
  switch (expression.kind) {
    case 'and': {
      const [left, right] = [compile(expression.left, shape), compile(expression.right, shape)];
      return (object) => left(object) && right(object);
    }
    case 'or': {
      const [left, right] = [compile(expression.left, shape), compile(expression.right, shape)];
      return (object) => left(object) || right(object);
    }
    case 'not': {
      const operand = compile(expression.operand, shape);
      return (object) => !operand(object);
    }
    case 'match': {
      const { selector, operator, negated, value } = expression;
      const test = step(shape, selector, 0, operator, value);
      return negated ? (object) => !test(object) : test;
    }
  }
}

/**
 * @param text the filter; '' lets all through
 * @throws FilterError
 */
export function compileFilter(text: string, shape: Shape): Test {
  return text === '' ? () => true : compile(parseFilter(text), shape);
}
