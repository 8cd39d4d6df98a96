/**
 * Regular expressions in RE2's dialect and with its linear time (`envoy.type.matcher.v3.RegexMatcher`). They read octets, not
 * characters, as Envoy's do: `.` is one octet of a letter in UTF-8.
 */
import { RE2JS } from 're2js';
import { messageOf, textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import { ConfigError } from '../network/filter.js';
import { literalPrefix, toLinearRegExp } from './linear-regex.js';

export interface RegexMatcher {
  /** Whether the whole text matches. @param octets a text of the data path */
  test(octets: string): boolean;
  /** What every match begins with, as octets; `''` when that is not certain. */
  readonly prefix: string;
}

/** @param matcher a `RegexMatcher`. @throws ConfigError at `regex` */
export function compileRegexMatcher(matcher: unknown): RegexMatcher {
  const pattern = toOctets(textOf(messageOf(matcher).regex));
  const re2 = compile(pattern, ['regex']);
  const native = toLinearRegExp(pattern);
  const test =
    native === undefined
      ? (octets: string) => re2.testExact(octets)
      : (octets: string) => native.test(octets);
  return { test, prefix: literalPrefix(pattern) };
}

/**
 * @param rewrite a `RegexMatchAndSubstitute`
 * @returns a function that replaces every match, as RE2's `GlobalReplace` does. @throws ConfigError
 */
export function compileRegexRewrite(rewrite: unknown): (octets: string) => string {
  const { pattern, substitution } = messageOf(rewrite);
  const re2 = compile(toOctets(textOf(messageOf(pattern).regex)), ['pattern', 'regex']);
  const groups = re2.groupCount();
  const substitute = compileSubstitution(toOctets(textOf(substitution)), groups);
  if (substitute === undefined) return (octets) => octets;
  let end = -1;
  const replace = (...match: unknown[]): string => {
    const found = match[0] as string;
    const offset = match[groups + 1] as number;
    // RE2 passes over an empty match right behind another match.
    if (found === '' && offset === end) return '';
    end = offset + found.length;
    return substitute(match);
  };
  return (octets) => {
    end = -1;
    return re2.matcher(octets).replaceAll(replace);
  };
}

/**
 * RE2's rules: `\0` is the match, `\1` to `\9` its groups (one digit only), `\\` a backslash; all else stands for itself.
 * What follows an escape that does not exist is lost, and Envoy accepts that.
 * @returns undefined when a group is asked for that the pattern does not have: RE2 then replaces nothing
 */
function compileSubstitution(
  substitution: string,
  groups: number,
): ((match: readonly unknown[]) => string) | undefined {
  const parts: (string | number)[] = [];
  let lost = false;
  for (const [part, sign] of substitution.matchAll(/\\(.?)|[^\\]+/gs)) {
    if (sign !== undefined && /^\d$/.test(sign)) {
      if (Number(sign) > groups) return undefined;
      if (!lost) parts.push(Number(sign));
    } else if (sign !== undefined && sign !== '\\') lost = true;
    else if (!lost) parts.push(sign ?? part);
  }
  return (match) => {
    let out = '';
    for (const part of parts)
      out += typeof part === 'string' ? part : ((match[part] as string | undefined) ?? '');
    return out;
  };
}

function compile(regex: string, path: readonly string[]): RE2JS {
  try {
    // `\C`, one octet of any kind, is the only escape that the library lacks.
    return RE2JS.compile(regex.replace(/\\(.)/gs, (all, sign: string) => (sign === 'C' ? '(?s:.)' : all)));
  } catch (error) {
    throw new ConfigError((error as Error).message, path);
  }
}
