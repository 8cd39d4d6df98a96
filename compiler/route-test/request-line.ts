/**
 * `POST https://example.com/a?b`: a request in one line.
 */
import type { RouteTestRequest } from './route-test.js';

/** What a request has besides its line, by default. */
export const noRequest: Omit<RouteTestRequest, 'method' | 'scheme' | 'authority' | 'path'> = {
  headers: [],
  random: 0,
  internal: false,
  runtime: undefined,
  dynamicMetadata: undefined,
  listener: undefined,
  port: undefined,
  serverName: undefined,
  sourceAddress: '203.0.113.1',
  alpn: ['http/1.1'],
};

/**
 * `GET https://example.com:8443/a?b`, or the URL alone.
 * @throws RangeError when it is none
 */
export function parseRequestLine(text: string): RouteTestRequest {
  const match =
    /^(?:([A-Z][A-Z-]*)\s+)?(https?):\/\/((?:\[[0-9a-f:.]+\]|[^/?#:@\s]+)(?::(\d{1,5}))?)([/?][^\s#]*)?$/i.exec(
      text,
    );
  if (match === null) {
    throw new RangeError(`'${text}' is not of the form 'GET http://host/path'`);
  }
  const [, method = 'GET', scheme = '', authority = '', port, path = '/'] = match;
  if (port !== undefined && Number(port) > 65_535) throw new RangeError(`${port} is not a port`);
  return {
    ...noRequest,
    method: method.toUpperCase(),
    scheme: scheme.toLowerCase() as 'http' | 'https',
    authority,
    path: path.startsWith('?') ? `/${path}` : path,
    port: port === undefined ? undefined : Number(port),
  };
}
