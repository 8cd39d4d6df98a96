import { ApiError } from './endpoint.js';

/** Percent-decoding that takes any octets, as Go's does. */
export function decodePath(text: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new ApiError(400, 'Invalid URL path: bad percent-encoding');
  try {
    return decodeURIComponent(text);
  } catch {
    const octets = text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Buffer.from(octets, 'latin1').toString('utf8');
  }
}

/** Without empty segments and dots, which Go's router redirects away. */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
}
