/** What of the host header goes before routing. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RequestHead } from '../../../runtime/http/codec.js';
import { stripHost } from '../../../runtime/http/host-stripper.js';

function go(authority: string, port: 'none' | 'any' | 'matching', dot = false, method = 'GET'): string {
  const head: RequestHead = {
    method,
    path: '/',
    scheme: 'http',
    authority,
    headers: ['host', authority],
    upgrade: '',
    protocol: 'HTTP/1.1',
  };
  stripHost(head, port, dot, 8080);
  assert.is(head.headers[1], head.authority);
  return head.authority;
}

test('ports', () => {
  assert.is(go('a:80', 'any'), 'a');
  assert.is(go('a:80', 'matching'), 'a:80');
  assert.is(go('a:8080', 'matching'), 'a');
  assert.is(go('[::1]:80', 'any'), '[::1]');
  assert.is(go('a:xx', 'any'), 'a:xx');
  assert.is(go('a:80', 'any', false, 'CONNECT'), 'a:80');
});

test('the trailing dot', () => {
  assert.is(go('a.', 'none', true), 'a');
  assert.is(go('a.:80', 'none', true), 'a:80');
  assert.is(go('a.:80', 'any', true), 'a');
  assert.is(go('a', 'none', true), 'a');
});

test.run();
