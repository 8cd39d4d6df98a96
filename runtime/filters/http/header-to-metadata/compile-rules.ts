/**
 * Rules of `envoy.extensions.filters.http.header_to_metadata.v3.Config`, compiled.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { joinHeader, removeHeader } from '../../../common/header-list.js';
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../../common/message-fields.js';
import { toOctets } from '../../../common/octet-text.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import { compileRegexRewrite } from '../../../route/compile-regex.js';
import { cookieValue } from './cookie-value.js';

/** What rules have found: values by namespace and key. */
export type FoundMetadata = Map<string, Record<string, unknown>>;

/**
 * Looks at the headers, and may take one away.
 * @param pseudo the value of a pseudo header, whose names begin with a colon
 */
export type MetadataRules = (
  headers: HeaderList,
  found: FoundMetadata,
  pseudo: (name: string) => string | undefined,
) => void;

type Rule = MetadataRules;
/** Writes what a header, or its absence, says. */
type Writer = (value: string, found: FoundMetadata) => void;

const defaultNamespace = 'envoy.filters.http.header_to_metadata';
/** A longer value is none, as in Envoy. In octets. */
const maxValueLength = 8 * 1024;

/** @returns undefined when the text is no such value */
function convert(text: string, type: string): unknown {
  if (type !== 'NUMBER') return Buffer.from(text, 'latin1').toString('utf8');
  const trimmed = text.trim();
  const number = trimmed === '' ? Number.NaN : Number(trimmed);
  return Number.isNaN(number) ? undefined : number;
}

function compileWriter(config: Fields, withRewrite: boolean): Writer {
  const namespace = textOf(config.metadata_namespace) || defaultNamespace;
  const key = textOf(config.key);
  const fixed = toOctets(textOf(config.value));
  const type = textOf(config.type, 'STRING');
  const isBase64 = config.encode === 'BASE64';
  const rewrite =
    withRewrite && config.regex_value_rewrite !== undefined
      ? under(() => compileRegexRewrite(config.regex_value_rewrite), 'regex_value_rewrite')
      : undefined;
  return (given, found) => {
    let text = fixed === '' ? (rewrite?.(given) ?? given) : fixed;
    if (text === '' || text.length >= maxValueLength) return;
    if (isBase64) text = Buffer.from(text, 'base64').toString('latin1');
    if (text === '') return;
    const value = convert(text, type);
    if (value === undefined) return;
    const values = found.get(namespace) ?? {};
    values[key] = value;
    found.set(namespace, values);
  };
}

/** @throws ConfigError with Envoy's words */
function compileRule(config: Fields): Rule {
  const header = textOf(config.header).toLowerCase();
  const cookie = textOf(config.cookie);
  if (header !== '' && cookie !== '') throw new ConfigError('Cannot specify both header and cookie');
  if (header === '' && cookie === '') {
    throw new ConfigError('One of Cookie or Header option needs to be specified');
  }
  const present = config.on_header_present;
  const missing = config.on_header_missing;
  if (present === undefined && missing === undefined) {
    throw new ConfigError(
      `header to metadata filter: rule for ${header || cookie} has neither \`on_header_present\` nor \`on_header_missing\` set`,
    );
  }
  const ofPresent = messageOf(present);
  if (textOf(ofPresent.value) !== '' && ofPresent.regex_value_rewrite !== undefined) {
    throw new ConfigError('Cannot specify both value and regex_value_rewrite', ['on_header_present']);
  }
  if (cookie !== '' && config.remove === true)
    throw new ConfigError('Cannot specify remove for cookie', ['remove']);
  if (missing !== undefined && textOf(messageOf(missing).value) === '') {
    throw new ConfigError('Cannot specify on_header_missing rule with an empty value', ['on_header_missing']);
  }
  const onPresent =
    present === undefined ? undefined : under(() => compileWriter(ofPresent, true), 'on_header_present');
  const onMissing = missing === undefined ? undefined : compileWriter(messageOf(missing), false);
  const removes = config.remove === true;
  return (headers, found, pseudo) => {
    const value =
      header === ''
        ? cookieValue(headers, cookie)
        : header.startsWith(':')
          ? pseudo(header)
          : joinHeader(headers, header);
    if (value === undefined) onMissing?.('', found);
    else {
      if (removes) removeHeader(headers, header);
      onPresent?.(value, found);
    }
  };
}

/** @returns undefined for an empty list. @throws ConfigError with the path from the list on */
export function compileRules(configs: unknown): MetadataRules | undefined {
  const rules = messagesOf(configs).map((config, index) => under(() => compileRule(config), index));
  if (rules.length === 0) return undefined;
  return (headers, found, pseudo) => {
    for (const rule of rules) rule(headers, found, pseudo);
  };
}
