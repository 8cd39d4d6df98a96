/**
 * Plain (unquoted) YAML scalars as Envoy 1.40's loader resolves them: null, booleans of YAML 1.1, integers that fit 32
 * bits; everything else, floats and dates included, stays text.
 */

const nulls: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);
const truths: ReadonlySet<string> = new Set(['true', 'yes', 'on', 'y']);
const falsehoods: ReadonlySet<string> = new Set(['false', 'no', 'off', 'n']);

/** `Yes`, `yes` and `YES`, but not `yEs`. */
function isUsualCase(text: string): boolean {
  const rest = text.slice(1);
  return rest === rest.toLowerCase() || text === text.toUpperCase();
}

function integerOf(text: string): number | undefined {
  if (!/^[+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.test(text)) return undefined;
  const digits = text.replace(/^[+-]/, '');
  const base = /^0[xX]/.test(digits) ? 16 : digits.length > 1 && digits.startsWith('0') ? 8 : 10;
  const value =
    Number.parseInt(base === 16 ? digits.slice(2) : digits, base) * (text.startsWith('-') ? -1 : 1);
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined;
}

export function resolvePlainScalar(text: string): string | number | boolean | null {
  if (nulls.has(text)) return null;
  if (text.length <= 5 && isUsualCase(text)) {
    const lower = text.toLowerCase();
    if (truths.has(lower)) return true;
    if (falsehoods.has(lower)) return false;
  }
  return integerOf(text) ?? text;
}
