/**
 * `envoy.filters.listener.http_inspector`: whether plain octets are HTTP, for filter chains that match by
 * `application_protocols`.
 */
import type { StatsScope } from '../stats/stat.js';
import type { ListenerFilter } from './listener-filter.js';

/** RFC 9113 section 3.4. */
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** A request line beyond it is none (Envoy's `MAX_INSPECT_SIZE`). */
const maxLine = 64 * 1024;
const methodLetters = /^[A-Z][A-Z-]*/;
const requestLine = /^[A-Z][A-Z-]* [^\s]+ HTTP\/1\.([01])\r?\n/;

/** What is at hand may still become a request line: a method, a space, a target without spaces, the version. */
const beginsAsLine =
  /^[A-Z][A-Z-]{0,31}(?: (?:[^\s]+(?: (?:H(?:T(?:T(?:P(?:\/(?:1(?:\.(?:[01]\r?)?)?)?)?)?)?)?)?)?)?)?$/;

function protocolOf(octets: Buffer): string | 'more' | undefined {
  const text = octets.toString('latin1', 0, maxLine);
  const start = text.slice(0, preface.length);
  if (start === preface) return 'h2c';
  if (preface.startsWith(start)) return 'more';
  const line = requestLine.exec(text);
  if (line !== null) return line[1] === '0' ? 'http/1.0' : 'http/1.1';
  if (!methodLetters.test(text)) return undefined;
  return text.length < maxLine && beginsAsLine.test(text) ? 'more' : undefined;
}

export function createHttpInspector(scope: StatsScope): ListenerFilter {
  const counter = (name: string) => scope.counter(`http_inspector.${name}`);
  const found = {
    'http/1.0': counter('http10_found'),
    'http/1.1': counter('http11_found'),
    h2c: counter('http2_found'),
  } as const;
  const notFound = counter('http_not_found');
  counter('read_error');
  return {
    inspect(octets, findings) {
      // Behind TLS nobody sees what it is.
      if (findings.isTls) return 0;
      const protocol = protocolOf(octets);
      if (protocol === 'more') return 'more';
      if (protocol === undefined) {
        notFound.inc();
        return 0;
      }
      found[protocol as keyof typeof found].inc();
      findings.hello = { ...findings.hello, applicationProtocols: [protocol] };
      return 0;
    },
  };
}
