/** The static table of HPACK (RFC 7541 appendix A), at its indices: 1 to 61. */
import type { HeaderField } from './header-field.js';
import { headerField } from './header-field.js';

const table = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`;

/** Index 0 means nothing. */
export const staticTable: readonly (HeaderField | undefined)[] = [
  undefined,
  ...table.split('\n').map((line) => {
    const space = line.indexOf(' ');
    return space < 0 ? headerField(line, '') : headerField(line.slice(0, space), line.slice(space + 1));
  }),
];

export const staticTableSize = 61;

/** The first index of each name. */
export const staticNames: ReadonlyMap<string, number> = new Map(
  staticTable
    .flatMap((field, index) => (field === undefined ? [] : [[field.name, index] as const]))
    .reverse(),
);

/** Index of a field with this value. */
export const staticFields: ReadonlyMap<string, ReadonlyMap<string, number>> = (() => {
  const fields = new Map<string, Map<string, number>>();
  for (const [index, field] of staticTable.entries()) {
    if (field === undefined || field.value === '') continue;
    const values = fields.get(field.name) ?? new Map<string, number>();
    values.set(field.value, index);
    fields.set(field.name, values);
  }
  return fields;
})();
