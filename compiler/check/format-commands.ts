/**
 * The command operators of format strings (`%REQ(X)%`), each asked of Envoy 1.40: whether something may or must stand in
 * parentheses, whether `:length` may follow, and what the argument has to look like.
 */

/** @returns what is wrong with the argument */
type ArgumentRule = (argument: string) => string | undefined;

export interface FormatCommand {
  readonly argument: 'none' | 'optional' | 'required';
  readonly length: boolean;
  readonly check?: ArgumentRule;
}

/** Values of the stream that take neither an argument nor a length. */
const plain = `
  ACCESS_LOG_TYPE BYTES_RECEIVED BYTES_RETRANSMITTED BYTES_SENT CONNECTION_ID
  CONNECTION_TERMINATION_DETAILS CUSTOM_FLAGS DOWNSTREAM_CX_RTT
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
  DOWNSTREAM_DETECTED_CLOSE_TYPE DOWNSTREAM_DIRECT_LOCAL_ADDRESS
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID DOWNSTREAM_DIRECT_LOCAL_PORT DOWNSTREAM_DIRECT_REMOTE_ADDRESS
  DOWNSTREAM_DIRECT_REMOTE_PORT DOWNSTREAM_HANDSHAKE_DURATION DOWNSTREAM_HEADER_BYTES_RECEIVED
  DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_LOCAL_ADDRESS DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID
  DOWNSTREAM_LOCAL_CLOSE_REASON DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_EMAIL_SAN DOWNSTREAM_LOCAL_IP_SAN
  DOWNSTREAM_LOCAL_OTHERNAME_SAN DOWNSTREAM_LOCAL_PORT DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_LOCAL_URI_SAN
  DOWNSTREAM_PEER_CERT DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1 DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256
  DOWNSTREAM_PEER_CHAIN_SERIALS DOWNSTREAM_PEER_DNS_SAN DOWNSTREAM_PEER_EMAIL_SAN
  DOWNSTREAM_PEER_FINGERPRINT_1 DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN
  DOWNSTREAM_PEER_ISSUER DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256 DOWNSTREAM_PEER_ISSUER_SERIAL
  DOWNSTREAM_PEER_OTHERNAME_SAN DOWNSTREAM_PEER_SERIAL DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_PEER_URI_SAN
  DOWNSTREAM_REMOTE_ADDRESS DOWNSTREAM_REMOTE_PORT DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_GROUP
  DOWNSTREAM_TLS_SESSION_ID DOWNSTREAM_TLS_VERSION DOWNSTREAM_TRANSPORT_FAILURE_REASON
  DOWNSTREAM_WIRE_BYTES_RECEIVED DOWNSTREAM_WIRE_BYTES_SENT DURATION FILTER_CHAIN_NAME GRPC_STATUS_NUMBER
  HOSTNAME LISTENER_NAME LOCAL_REPLY_BODY PACKETS_RETRANSMITTED PROTOCOL REQUEST_DURATION
  REQUEST_HEADERS_BYTES REQUEST_TX_DURATION RESPONSE_CODE RESPONSE_DURATION RESPONSE_FLAGS
  RESPONSE_FLAGS_LONG RESPONSE_HEADERS_BYTES RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION
  ROUNDTRIP_DURATION ROUTE_NAME ROUTE_RESOLUTION_COUNT ROUTE_RESOLUTION_TIME_US SPAN_ID STREAM_ID
  TLS_JA3_FINGERPRINT TLS_JA4_FINGERPRINT TRACE_ID UNIQUE_ID UPSTREAM_CLUSTER UPSTREAM_CLUSTER_RAW
  UPSTREAM_CONNECTION_ID UPSTREAM_CONNECTION_IDS_ATTEMPTED UPSTREAM_CONNECTION_POOL_READY_DURATION
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
  UPSTREAM_DETECTED_CLOSE_TYPE UPSTREAM_HEADER_BYTES_RECEIVED UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HOST
  UPSTREAM_HOSTS_ATTEMPTED UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT UPSTREAM_HOST_NAME
  UPSTREAM_HOST_NAMES_ATTEMPTED UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT UPSTREAM_HOST_NAME_WITHOUT_PORT
  UPSTREAM_LOCAL_ADDRESS UPSTREAM_LOCAL_CLOSE_REASON UPSTREAM_LOCAL_DNS_SAN UPSTREAM_LOCAL_IP_SAN
  UPSTREAM_LOCAL_PORT UPSTREAM_LOCAL_URI_SAN UPSTREAM_PEER_CERT UPSTREAM_PEER_DNS_SAN UPSTREAM_PEER_IP_SAN
  UPSTREAM_PEER_ISSUER UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_URI_SAN UPSTREAM_PROTOCOL
  UPSTREAM_REMOTE_ADDRESS UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID UPSTREAM_REMOTE_PORT
  UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_SERVER_NAME UPSTREAM_TLS_CIPHER UPSTREAM_TLS_GROUP
  UPSTREAM_TLS_SESSION_ID UPSTREAM_TLS_VERSION UPSTREAM_TRANSPORT_FAILURE_REASON
  UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT VIRTUAL_CLUSTER_NAME
`;

function among(what: string, names: readonly string[]): ArgumentRule {
  return (argument) =>
    names.includes(argument) ? undefined : `'${argument}' is not one of the ${what} ${names.join(', ')}`;
}

/** `NAME?OTHER`: a header, and the one that is taken in its absence. */
const header: ArgumentRule = (argument) => {
  const names = argument.split('?');
  if (names.length > 2) return 'only one alternative header can be named';
  const bad = names.find((name) => !/^:?[!#$%&'*+.^_`|~0-9A-Za-z-]*$/.test(name));
  return bad === undefined ? undefined : `'${bad}' is not the name of a header`;
};

const filterState: ArgumentRule = (argument) => {
  const [key = '', kind = 'TYPED', field] = argument.split(':');
  if (key === '') return 'the key is missing';
  if (!['PLAIN', 'TYPED', 'FIELD'].includes(kind)) return `'${kind}' is not one of PLAIN, TYPED, FIELD`;
  return (kind === 'FIELD') === ((field ?? '') !== '')
    ? undefined
    : 'FIELD, and only it, is followed by a field';
};

const metadata = [
  'DYNAMIC',
  'CLUSTER',
  'ROUTE',
  'UPSTREAM_HOST',
  'LISTENER',
  'LISTENER_FILTER_CHAIN',
  'VIRTUAL_HOST',
];

const commonDuration: ArgumentRule = (argument) => {
  const parts = argument.split(':');
  if (parts.length < 2 || parts.length > 3) return 'write START:END:PRECISION';
  return parts.length === 2 ? undefined : among('precisions', ['ms', 'us', 'ns'])(parts[2] ?? '');
};

/** A JSON object with the operators of which the first with a value counts. */
const coalesce: ArgumentRule = (argument) => {
  let operators: unknown;
  try {
    operators = (JSON.parse(argument) as { operators?: unknown } | null)?.operators;
  } catch {
    return 'the argument is not JSON';
  }
  return Array.isArray(operators) && operators.length > 0 ? undefined : "'operators' is not a list of some";
};

/** `OPTION:SECOND`, both from lists; an empty argument is as none. */
function options(first: readonly string[], second: readonly string[]): ArgumentRule {
  return (argument) => {
    if (argument === '') return undefined;
    const [one = '', other] = argument.split(':');
    return (
      among('options', first)(one) ?? (other === undefined ? undefined : among('options', second)(other))
    );
  };
}

function command(argument: FormatCommand['argument'], length: boolean, check?: ArgumentRule): FormatCommand {
  return { argument, length, ...(check === undefined ? {} : { check }) };
}

function all(names: string, one: FormatCommand): (readonly [string, FormatCommand])[] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => [name, one] as const);
}

const endsOfCertificates =
  'DOWNSTREAM_PEER_CERT_V_START DOWNSTREAM_PEER_CERT_V_END UPSTREAM_PEER_CERT_V_START UPSTREAM_PEER_CERT_V_END';
const addresses = [
  'DOWNSTREAM_DIRECT_LOCAL',
  'DOWNSTREAM_DIRECT_REMOTE',
  'DOWNSTREAM_LOCAL',
  'DOWNSTREAM_REMOTE',
]
  .concat('UPSTREAM_LOCAL', 'UPSTREAM_REMOTE')
  .map((name) => `${name}_ADDRESS_WITHOUT_PORT`)
  .join(' ');
const serverName = options(['SNI_ONLY', 'SNI_FIRST', 'HOST_FIRST'], ['ORIG_OR_HOST', 'HOST', 'ORIG']);

export const formatCommands: ReadonlyMap<string, FormatCommand> = new Map([
  ...all(plain, command('none', false)),
  ...all(
    'REQ RESP TRAILER REQUEST_HEADER RESPONSE_HEADER RESPONSE_TRAILER',
    command('required', true, header),
  ),
  ...all('DYNAMIC_METADATA ENVIRONMENT QUERY_PARAM CEL', command('required', true)),
  ...all('COALESCE', command('required', true, coalesce)),
  ...all('CLUSTER_METADATA UPSTREAM_METADATA', command('required', false)),
  ...all('FILTER_STATE UPSTREAM_FILTER_STATE', command('required', true, filterState)),
  ...all('START_TIME START_TIME_LOCAL EMIT_TIME EMIT_TIME_LOCAL', command('optional', false)),
  ...all(`RESPONSE_CODE_DETAILS ${endsOfCertificates} ${addresses}`, command('optional', false)),
  ...all('COMMON_DURATION', command('required', false, commonDuration)),
  ...all(
    'METADATA',
    command('required', true, (text) => among('kinds', metadata)(text.split(':')[0] ?? '')),
  ),
  ...all('GRPC_STATUS', command('optional', false, options(['CAMEL_STRING', 'SNAKE_STRING', 'NUMBER'], []))),
  ...all('PATH', command('optional', true, options(['WQ', 'NQ'], ['ORIG', 'PATH', 'ORIG_OR_PATH']))),
  ...all('QUERY_PARAMS', command('optional', true, options(['ORIG', 'DECODED'], []))),
  ...all('REQUESTED_SERVER_NAME', command('optional', false, serverName)),
]);
