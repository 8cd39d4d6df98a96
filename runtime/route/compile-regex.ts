/**
 * Regular expressions with RE2's dialect and its linear time.
 */
import { RE2JS } from 're2js';
import { messageOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';

/** @param matcher a `RegexMatcher`. @returns a test of the whole text. @throws ConfigError at `regex` */
export function compileRegexMatcher(matcher: unknown): (text: string) => boolean {
  const compiled = compile(textOf(messageOf(matcher).regex), ['regex']);
  return (text) => compiled.testExact(text);
}

/** @param rewrite a `RegexMatchAndSubstitute`. @returns the text with every match replaced */
export function compileRegexRewrite(rewrite: unknown): (text: string) => string {
  const { pattern, substitution } = messageOf(rewrite);
  const compiled = compile(textOf(messageOf(pattern).regex), ['pattern', 'regex']);
  // Envoy writes groups as \1; the library wants $1, and its own signs escaped.
  const replacement = textOf(substitution)
    .replaceAll('$', '\\$')
    .replace(/\\(\d)/g, (_all, digit: string) => `$${digit}`);
  return (text) => compiled.matcher(text).replaceAll(replacement);
}

function compile(regex: string, path: readonly string[]): RE2JS {
  try {
    return RE2JS.compile(regex);
  } catch (error) {
    throw new ConfigError((error as Error).message, path);
  }
}
