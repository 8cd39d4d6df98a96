/**
 * Requests and answers that do not come to their end: what of it is counted as a reset.
 */
import type { DifferentialCase } from './differential.js';

const stats = 'http.PREFIX.downstream_rq_';
const half = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc';
const whole = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc';
const host = (route: unknown) => [{ name: 'v', domains: ['*'], routes: [route] }];
const nowhere = host({ match: { path: '/other' }, direct_response: { status: 200 } });
const direct = host({ match: { prefix: '/' }, direct_response: { status: 200 } });
const quick = host({ match: { prefix: '/' }, route: { cluster: 'CLUSTER', timeout: '0.2s' } });
const short = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc';

export const resetCases: readonly DifferentialCase[] = [
  { id: 'counted: no route for half a request', request: half, virtualHosts: nowhere, stats },
  { id: 'counted: no route for a whole request', request: whole, virtualHosts: nowhere, stats },
  { id: 'counted: a direct response to half a request', request: half, virtualHosts: direct, stats },
  { id: 'counted: an answer before the end of the request', request: half, answerEarly: true, stats },
  { id: 'counted: an answer that is cut', request: whole, answer: short, answerCloses: true, stats },
  {
    id: 'counted: a cut answer to half a request',
    request: half,
    answer: short,
    answerEarly: true,
    answerCloses: true,
    stats,
  },
  { id: 'counted: a time-out', request: whole, answerAfterMs: 900, virtualHosts: quick, stats },
  { id: 'counted: nobody listens', request: whole, refused: true, stats },
  { id: 'counted: a bad request', request: 'GET  HTTP/1.1\r\n\r\n', stats },
  {
    id: 'counted: a bad chunk',
    request: 'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    stats,
  },
];
