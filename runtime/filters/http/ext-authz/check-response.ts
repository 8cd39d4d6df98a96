/**
 * `envoy.service.auth.v3.CheckResponse`: the verdict of a service over gRPC.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { removeHeader } from '../../../common/header-list.js';
import { protobufFields, readStruct } from '../../../common/protobuf.js';
import { withoutQueryParameter, withQueryParameter } from '../../../common/query-parameters.js';
import type { RequestHead } from '../../../http/codec.js';
import { setAuthority } from '../../../http/codec.js';
import type { Verdict } from './authorization-service.js';
import type { HeaderOption } from './header-option.js';
import { applyToRequestHeaders, applyToResponseHeaders, readHeaderOption } from './header-option.js';

const none = Buffer.alloc(0);
const defaultDeniedStatus = 403;

interface OkResponse {
  readonly headers: HeaderOption[];
  readonly removed: string[];
  readonly responseHeaders: HeaderOption[];
  readonly setParameters: [string, string][];
  readonly removedParameters: string[];
  metadata: Record<string, unknown> | undefined;
}

/** @param ofResponse no pseudo headers then */
function addOption(options: HeaderOption[], message: Buffer, ofResponse = false): void {
  const option = readHeaderOption(message);
  if (option !== undefined && !(ofResponse && option.name.startsWith(':'))) options.push(option);
}

function readPair(message: Buffer): [string, string] {
  let key = '';
  let value = '';
  for (const { field, octets } of protobufFields(message)) {
    if (field === 1) key = octets.toString('latin1');
    else if (field === 2) value = octets.toString('latin1');
  }
  return [key, value];
}

function readOk(message: Buffer): OkResponse {
  const ok: OkResponse = {
    headers: [],
    removed: [],
    responseHeaders: [],
    setParameters: [],
    removedParameters: [],
    metadata: undefined,
  };
  for (const { field, octets } of protobufFields(message)) {
    if (field === 2) addOption(ok.headers, octets);
    else if (field === 3) ok.metadata = readStruct(octets);
    else if (field === 5) ok.removed.push(octets.toString('latin1').toLowerCase());
    else if (field === 6) addOption(ok.responseHeaders, octets, true);
    else if (field === 7) ok.setParameters.push(readPair(octets));
    else if (field === 8) ok.removedParameters.push(octets.toString('latin1'));
  }
  return ok;
}

interface LocalResponse {
  status: number;
  readonly headers: HeaderList;
  body: Buffer;
}

/** `DeniedHttpResponse`. @param status when it has none */
function readLocal(message: Buffer, status: number): LocalResponse {
  const response: LocalResponse = { status, headers: [], body: none };
  for (const { field, octets } of protobufFields(message)) {
    if (field === 1) {
      for (const part of protobufFields(octets))
        if (part.field === 1) response.status = part.number || status;
    } else if (field === 2) {
      const option = readHeaderOption(octets);
      if (option !== undefined && !option.name.startsWith(':'))
        response.headers.push(option.name, option.value);
    } else if (field === 3) response.body = Buffer.from(octets);
  }
  return response;
}

/** What of a request is not in its list of headers. A value that could not stand in a request line changes nothing. */
function applyToRequest(head: RequestHead, option: HeaderOption): void {
  const { name, value } = option;
  if (name === ':authority' || name === 'host') {
    if (/^[^\s/]*$/.test(value)) setAuthority(head, value);
  } else if (name === ':path') {
    if (/^\/[^\s]*$/.test(value)) head.path = value;
  } else if (name === ':method') {
    if (/^[A-Z]+$/.test(value)) head.method = value;
  } else if (!name.startsWith(':')) applyToRequestHeaders(head.headers, option);
}

function allowedBy(ok: OkResponse, metadata: Record<string, unknown> | undefined): Verdict {
  const { headers, removed, removedParameters, responseHeaders, setParameters } = ok;
  return {
    kind: 'allow',
    metadata,
    changesRoute: headers.length + removed.length + removedParameters.length + setParameters.length > 0,
    changeRequest(head) {
      for (const option of headers) applyToRequest(head, option);
      for (const name of removed) {
        if (name !== 'host' && !name.startsWith(':')) removeHeader(head.headers, name);
      }
      for (const [name, value] of setParameters) head.path = withQueryParameter(head.path, name, value);
      for (const name of removedParameters) head.path = withoutQueryParameter(head.path, name);
    },
    changeResponse:
      responseHeaders.length === 0
        ? undefined
        : (list) => {
            applyToResponseHeaders(list, responseHeaders);
          },
  };
}

/** @throws ProtobufError */
export function readCheckResponse(message: Buffer): Verdict {
  let code = 0;
  let ok: OkResponse | undefined;
  let denied: Buffer | undefined;
  let failed: Buffer | undefined;
  let metadata: Record<string, unknown> | undefined;
  for (const { field, octets } of protobufFields(message)) {
    if (field === 1) {
      for (const part of protobufFields(octets)) if (part.field === 1) code = part.number;
    } else if (field === 2) denied = octets;
    else if (field === 3) ok = readOk(octets);
    else if (field === 4) metadata = readStruct(octets);
    else if (field === 5) failed = octets;
  }
  if (metadata !== undefined && Object.keys(metadata).length === 0) metadata = undefined;
  if (code === 0) return allowedBy(ok ?? readOk(none), ok?.metadata ?? metadata);
  if (failed !== undefined) {
    const { body, headers, status } = readLocal(failed, 0);
    return { kind: 'error', status: status || undefined, body, headers, metadata };
  }
  return { kind: 'deny', ...readLocal(denied ?? none, defaultDeniedStatus), metadata };
}
