/**
 * E3020: settings of an HTTP connection manager that exclude each other, or its listener.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const manager = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

function finding(holder: Message, field: string, message: string, fix: string): Finding {
  return { code: 'E3020', severity: 'error', path: [...holder.path, field], message, fix };
}

function* upgrades(message: Message): Generator<Finding> {
  const seen = new Set<string>();
  for (const upgrade of message.list('upgrade_configs')) {
    const type = textAt(upgrade.value.upgrade_type);
    const key = type.toLowerCase();
    if (seen.has(key))
      yield finding(upgrade, 'upgrade_type', `the upgrade '${type}' stands twice`, 'remove one');
    seen.add(key);
  }
}

export function* connectionManagers(view: BootstrapView): Generator<Finding> {
  for (const message of view.all(manager)) {
    yield* upgrades(message);
    const { value } = message;
    if (value.strip_matching_host_port === true && value.strip_any_host_port === true) {
      const text = 'strip_matching_host_port and strip_any_host_port exclude each other';
      yield finding(message, 'strip_any_host_port', text, 'keep one of them');
    }
    if (value.use_remote_address === true && message.list('original_ip_detection_extensions').length > 0) {
      const text = 'use_remote_address and original_ip_detection_extensions exclude each other';
      yield finding(message, 'original_ip_detection_extensions', text, 'keep one of them');
    }
    const listener = message.within('envoy.config.listener.v3.Listener');
    if (listener !== undefined) yield* codec(message, listener);
    yield* scopes(message);
  }
}

/** QUIC carries HTTP/3 and nothing else does. */
function* codec(message: Message, listener: Message): Generator<Finding> {
  const http3 = message.value.codec_type === 'HTTP3';
  const quic = isSet(listener.at('udp_listener_config').value.quic_options);
  if (http3 === quic) return;
  const text = quic ? 'a QUIC listener speaks HTTP/3 only' : 'HTTP/3 needs a QUIC listener';
  const fix = quic
    ? 'set codec_type: HTTP3'
    : 'use codec_type AUTO, or a UDP listener with udp_listener_config.quic_options';
  const path = isSet(message.value.codec_type) ? [...message.path, 'codec_type'] : message.path;
  yield { ...finding(message, 'codec_type', text, fix), path };
}

/** Scopes that stand in the file bring their routes with them. */
function* scopes(message: Message): Generator<Finding> {
  for (const scope of message
    .at('scoped_routes')
    .at('scoped_route_configurations_list')
    .list('scoped_route_configurations')) {
    if (textAt(scope.value.route_configuration_name) !== '') {
      const text = 'an inline scope cannot get its routes by RDS';
      yield finding(scope, 'route_configuration_name', text, 'set route_configuration instead');
    } else if (!isSet(scope.value.route_configuration)) {
      yield { ...finding(scope, '', 'the scope has no routes', 'set route_configuration'), path: scope.path };
    }
  }
}
