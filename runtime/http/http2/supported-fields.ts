/** What the HTTP/2 codec serves of `Http2ProtocolOptions`, for listeners and clusters alike. */
import type { SupportedFields } from '../../config/supported-fields.js';
import { onlyValues } from '../../config/supported-fields.js';

export const http2SupportedFields: SupportedFields = {
  'envoy.config.core.v3.Http2ProtocolOptions': {
    hpack_table_size: true,
    max_concurrent_streams: true,
    initial_stream_window_size: true,
    initial_connection_window_size: true,
    allow_connect: true,
    allow_metadata: onlyValues(false),
    max_outbound_frames: true,
    max_outbound_control_frames: true,
    max_consecutive_inbound_frames_with_empty_payload: true,
    max_inbound_priority_frames_per_stream: true,
    max_inbound_window_update_frames_per_data_frame_sent: true,
    stream_error_on_invalid_http_messaging: true,
    override_stream_error_on_invalid_http_message: true,
    connection_keepalive: true,
    // There is one codec here.
    use_oghttp2_codec: 'ignored',
    // How a peer's fields are coded is the peer's to read in any case.
    enable_huffman_encoding: 'ignored',
    // Of the METADATA frames that are refused above.
    max_metadata_size: 'ignored',
  },
  'envoy.config.core.v3.KeepaliveSettings': {
    interval: true,
    timeout: true,
    interval_jitter: true,
    connection_idle_interval: true,
  },
};
