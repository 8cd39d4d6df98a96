/**
 * The trailer section behind the last chunk (RFC 9112 section 7.1.2). Checked in any case, told only when trailers are
 * enabled. Fields that frame, route or authenticate a message are dropped (RFC 9110 section 6.5.1), where Envoy passes
 * all.
 */
import type { HeaderList } from '../../common/header-list.js';
import { FieldScanner, INCOMPLETE } from './field-scanner.js';
import { KeptOctets } from './kept-octets.js';
import { LF } from './octet-classes.js';

/** Returned when the section is longer than allowed: `http1.headers_too_large`. */
export const TRAILERS_TOO_LARGE = -10;

/** Besides `host`, `transfer-encoding`, `keep-alive` and `proxy-connection`, which the scanner takes out itself. */
const forbidden = new Set([
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'http2-settings',
  'max-forwards',
  'proxy-authorization',
  'set-cookie',
  'te',
  'trailer',
  'upgrade',
]);

export class TrailerDecoder {
  private readonly scanner: FieldScanner;
  private readonly maxOctets: number;
  private readonly maxFields: number;
  private readonly wanted: boolean;
  private readonly pending = new KeptOctets();

  /** After a full section: the fields that may be told. Empty when trailers are not wanted. */
  trailers: HeaderList = [];

  /** @param wanted `enable_trailers`: otherwise the number of fields is not limited either, as in Envoy */
  constructor(side: 'request' | 'response', maxOctets: number, maxFields: number, wanted: boolean) {
    this.scanner = new FieldScanner(side);
    this.maxOctets = maxOctets;
    this.maxFields = wanted ? maxFields : Number.MAX_SAFE_INTEGER;
    this.wanted = wanted;
  }

  /**
   * @returns the position in `bytes` after the section; `INCOMPLETE` when all of `bytes` was kept; a code of
   *   `FieldScanner` or `TRAILERS_TOO_LARGE` when the message is refused
   */
  decode(bytes: Buffer, start: number): number {
    this.trailers = [];
    const kept = this.pending.length;
    this.pending.add(bytes.subarray(start));
    // Only a line end can complete the section or show a mistake, so a drip of octets is not scanned again and again.
    if (this.pending.length <= this.maxOctets && !bytes.includes(LF, start)) return INCOMPLETE;
    const section = this.pending.take();
    const end = this.scanner.scan(section, 0, this.maxFields);
    if ((end === INCOMPLETE ? section.length : end) > this.maxOctets) return TRAILERS_TOO_LARGE;
    if (end === INCOMPLETE) {
      this.pending.add(section);
      return INCOMPLETE;
    }
    if (end < 0) return end;
    if (this.wanted) this.keepAllowed(section.toString('latin1', 0, end));
    return start + end - kept;
  }

  private keepAllowed(text: string): void {
    this.scanner.collect(text, 0);
    const { headers } = this.scanner;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] as string;
      if (!forbidden.has(name)) this.trailers.push(name, headers[at + 1] as string);
    }
  }
}
