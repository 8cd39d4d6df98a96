/**
 * `envoy.filters.http.header_to_metadata`: makes dynamic metadata of headers and cookies.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { messageOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import { onlyValues } from '../../../config/supported-fields.js';
import type { FilterStatus, HttpFilterFactory, StreamFilterCallbacks } from '../../../http/filter.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import { pseudoHeader } from '../../../route/compile-header-matcher.js';
import type { FoundMetadata, MetadataRules } from './compile-rules.js';
import { compileRules } from './compile-rules.js';

const message = 'envoy.extensions.filters.http.header_to_metadata.v3.Config';

interface HeaderToMetadata {
  readonly request: MetadataRules | undefined;
  readonly response: MetadataRules | undefined;
}

/** @throws ConfigError with the path inside the message */
function compile(given: unknown): HeaderToMetadata {
  const config = messageOf(given);
  return {
    request: under(() => compileRules(config.request_rules), 'request_rules'),
    response: under(() => compileRules(config.response_rules), 'response_rules'),
  };
}

function apply(
  callbacks: StreamFilterCallbacks,
  ofFilter: HeaderToMetadata,
  which: keyof HeaderToMetadata,
  headers: HeaderList,
  pseudo: (name: string) => string | undefined,
): FilterStatus {
  const rules = (callbacks.routeConfig as HeaderToMetadata | undefined) ?? ofFilter;
  if (rules[which] === undefined) return 'continue';
  const found: FoundMetadata = new Map();
  rules[which](headers, found, pseudo);
  for (const [namespace, values] of found) callbacks.setDynamicMetadata(namespace, values);
  return 'continue';
}

/** `envoy.extensions.filters.http.header_to_metadata.v3.Config`. */
export const headerToMetadataFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(given) {
    const config = compile(given);
    return (callbacks) => ({
      decodeHeaders: ({ headers }) =>
        apply(callbacks, config, 'request', headers, (name) => pseudoHeader(callbacks.request, name)),
      encodeHeaders: ({ headers, status }) =>
        apply(callbacks, config, 'response', headers, (name) =>
          name === ':status' ? String(status) : undefined,
        ),
    });
  },
  routeConfig: {
    type: message,
    create(given) {
      const config = compile(given);
      if (config.request === undefined && config.response === undefined) {
        throw new ConfigError(
          'header_to_metadata_filter: Per filter configs must at least specify either request or response rules',
        );
      }
      return config;
    },
  },
};

export const headerToMetadataSupportedFields: SupportedFields = {
  [message]: { request_rules: true, response_rules: true },
  [`${message}.Rule`]: {
    header: true,
    cookie: true,
    on_header_present: true,
    on_header_missing: true,
    remove: true,
  },
  [`${message}.KeyValuePair`]: {
    metadata_namespace: true,
    key: true,
    value: true,
    regex_value_rewrite: true,
    type: onlyValues('STRING', 'NUMBER'),
    encode: true,
  },
};
