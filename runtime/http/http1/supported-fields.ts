/** What the HTTP/1 codec serves of `Http1ProtocolOptions`, for listeners and clusters alike. */
import type { SupportedFields } from '../../config/supported-fields.js';
import { onlyValues } from '../../config/supported-fields.js';

export const http1SupportedFields: SupportedFields = {
  'envoy.config.core.v3.Http1ProtocolOptions': {
    allow_absolute_url: true,
    accept_http_10: true,
    default_host_for_http_10: true,
    header_key_format: true,
    enable_trailers: true,
    allow_chunked_length: true,
    // The connection manager acts on it: the codec's own errors close the connection in any case.
    override_stream_error_on_invalid_http_message: true,
    send_fully_qualified_url: onlyValues(false),
    // There is one parser here, and it keeps to the answers of Balsa, Envoy's default.
    use_balsa_parser: onlyValues(true),
    allow_custom_methods: true,
  },
  'envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat': { proper_case_words: true },
  'envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords': {},
};
