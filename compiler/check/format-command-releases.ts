/**
 * Command operators of format strings that came after Envoy 1.36, the oldest that `--target` knows. Each was asked of a
 * binary of every release.
 */

function all(since: string, names: string): (readonly [string, string])[] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => [name, since] as const);
}

const commands: ReadonlyMap<string, string> = new Map([
  ...all(
    '1.37',
    `COALESCE DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID REQUEST_HEADER
    RESPONSE_HEADER RESPONSE_TRAILER UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID`,
  ),
  ...all(
    '1.38',
    `DOWNSTREAM_DETECTED_CLOSE_TYPE DOWNSTREAM_LOCAL_CLOSE_REASON DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256
    DOWNSTREAM_PEER_ISSUER_SERIAL QUERY_PARAMS SPAN_ID UPSTREAM_CONNECTION_IDS_ATTEMPTED
    UPSTREAM_DETECTED_CLOSE_TYPE UPSTREAM_HOSTS_ATTEMPTED UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT
    UPSTREAM_HOST_NAMES_ATTEMPTED UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT UPSTREAM_LOCAL_CLOSE_REASON`,
  ),
  ...all('1.39', 'DOWNSTREAM_TLS_GROUP UPSTREAM_SERVER_NAME UPSTREAM_TLS_GROUP'),
  ...all('1.40', 'DOWNSTREAM_CX_RTT LISTENER_NAME ROUTE_RESOLUTION_COUNT ROUTE_RESOLUTION_TIME_US'),
]);

/** Of commands that took no argument before. */
const anyArgument: ReadonlyMap<string, string> = new Map([
  ...all('1.37', 'REQUESTED_SERVER_NAME'),
  ...all(
    '1.38',
    `DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT
    DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT
    UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT`,
  ),
]);

export interface SinceRelease {
  readonly what: string;
  readonly since: string;
}

/** What of a command came after 1.36; undefined when all of it is older. */
export function commandSince(name: string, argument: string | undefined): SinceRelease | undefined {
  const whole = commands.get(name);
  if (whole !== undefined) return { what: `%${name}%`, since: whole };
  if ((argument ?? '') === '') return undefined;
  const since = anyArgument.get(name);
  if (since !== undefined) return { what: `an argument of %${name}%`, since };
  return name === 'METADATA' && argument?.startsWith('LISTENER_FILTER_CHAIN:') === true
    ? { what: '%METADATA(LISTENER_FILTER_CHAIN:...)%', since: '1.37' }
    : undefined;
}
