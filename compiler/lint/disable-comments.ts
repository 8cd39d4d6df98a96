/**
 * Comments that switch rules off, in TypeScript and in YAML:
 *
 *     // envoy3-disable-next-line no-public-admin -- the network of the container is closed
 *     admin: ...   # envoy3-disable-line no-public-admin, require-access-log -- as above
 *     # envoy3-disable require-alpn -- nobody speaks HTTP/2 here         (the whole file)
 *
 * A reason is demanded, and what switches nothing off is reported.
 */

export interface DisableComment {
  /** As in the locations of diagnostics. */
  readonly file: string;
  /** One-based, of the comment itself. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** Line that it is about; undefined: the whole file. */
  readonly target: number | undefined;
  readonly rules: readonly string[];
  /** `''` when there is none. */
  readonly reason: string;
}

const pattern = /(?:\/\/|\/\*|#)\s*envoy3-disable(-next-line|-line)?(?![\w-])[ \t]*(.*?)[ \t]*(?:\*\/.*)?$/;

/** A line with nothing but a comment, or nothing at all. */
const empty = /^\s*(?:(?:\/\/|\/\*|#).*)?$/;

/** Every such comment of a text. Cheap for texts without any. */
export function disableComments(text: string, file: string): DisableComment[] {
  if (!text.includes('envoy3-disable')) return [];
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  return lines.flatMap((line, index): DisableComment[] => {
    const match = pattern.exec(line);
    if (match === null) return [];
    const [all, scope, rest = ''] = match;
    const [names = '', ...reasons] = rest.split(/(?:^|\s)--(?:\s|$)/);
    let target: number | undefined;
    if (scope === '-line') target = index + 1;
    else if (scope === '-next-line') {
      // Comments may stand one below the other.
      let next = index + 1;
      while (next < lines.length && empty.test(lines[next] ?? '')) next++;
      target = next + 1;
    }
    return [
      {
        file,
        line: index + 1,
        column: match.index + 1,
        length: all.length,
        target,
        rules: names.split(/[\s,]+/).filter((name) => name !== ''),
        reason: reasons.join(' -- ').trim(),
      },
    ];
  });
}
