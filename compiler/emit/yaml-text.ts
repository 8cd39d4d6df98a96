/**
 * Scalars as YAML text that YAML 1.1, YAML 1.2 and Envoy's loader read alike. A text is left plain only where all of them
 * surely take it for a text.
 */

/** Words that some YAML takes for a boolean, a null or a number; `e5` and `e-0` are some to loose readers. */
const reserved = /^(?:true|false|yes|no|on|off|y|n|null|nan|inf|infinity|e-?[\d_]+)$/i;

/** Words with single spaces between; no `: `, no ` #`, no indicator in front. */
const words = /^[A-Za-z_/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*$/;

/** Digits that are no number to anybody: `0.25s`, `127.0.0.1`. */
const duration = /^\d+(?:\.\d+)?s$/;
const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** What JSON leaves as it is and YAML does not allow in quotes, or what some reader takes for a line break. */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const unprintables = new RegExp(unprintable, 'g');

/** Not for a literal block: control characters, a blank line that is not empty, white space or several breaks at an end. */
const noBlock = /^\s|[\u0000-\u0008\u000b-\u001f]|\n[ \t]+(?:\n|$)|\n\n$/;

function quoted(text: string): string {
  const json = JSON.stringify(text);
  if (!unprintable.test(json)) return json;
  return json.replace(unprintables, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  // JSON has no such number; Envoy reads the words in quotes.
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

/** A string, number, boolean or null on one line. */
export function scalarText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'string') return String(value);
  if (words.test(value)) return reserved.test(value) ? `"${value}"` : value;
  return duration.test(value) || ipv4.test(value) ? value : quoted(value);
}

/** Lines of a literal block without indentation, its header first; undefined when the text cannot stand in one. */
export function blockLines(text: string): string[] | undefined {
  if (!text.includes('\n') || noBlock.test(text) || unprintable.test(text)) return undefined;
  const open = !text.endsWith('\n');
  return [open ? '|-' : '|', ...(open ? text : text.slice(0, -1)).split('\n')];
}
