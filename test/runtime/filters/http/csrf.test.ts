/** Requests from pages of other origins. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { filterRig, get, httpFilter, perRoute, routes } from './filter-rig.js';

const on = { filter_enabled: { default_value: { numerator: 100 } } };
const off = { filter_enabled: { default_value: { numerator: 0 } } };
const csrf = (config: object): object[] => [httpFilter('csrf.v3.CsrfPolicy', config)];
const change = (...headers: string[]): string => get([...headers, 'content-length: 0'], '/x', 'POST');

async function passes(request: string, config: object = on): Promise<boolean> {
  const rig = filterRig(csrf(config));
  await rig.request(request);
  return rig.upstreams.length === 1;
}

test('what changes something must come from here', async () => {
  assert.ok(await passes(change('origin: http://a')));
  assert.ok(await passes(change('referer: http://a/page?q')));
  assert.not(await passes(change('origin: http://b', 'referer: http://a/')));
  assert.not(await passes(change()));
  assert.not(await passes(change('origin: null')));
  assert.ok(await passes(get(['origin: http://b'])), 'a GET changes nothing');
  assert.ok(await passes(change('origin: http://b'), { ...on, additional_origins: [{ exact: 'b' }] }));
});

test('a refusal says why, and is counted', async () => {
  const rig = filterRig(csrf(on));
  const client = await rig.request(change('origin: http://b'));
  assert.match(client.written, /^HTTP\/1.1 403 .*Invalid origin$/s);
  assert.match(rig.logLines.join(), 'csrf_origin_mismatch');
  assert.is(rig.counter('http.p.csrf.request_invalid'), 1);
});

test('shadowed or turned off by the route, nothing is refused', async () => {
  const shadow = { ...off, shadow_enabled: { default_value: { numerator: 100 } } };
  const rig = filterRig(csrf(shadow));
  await rig.request(change());
  assert.is(rig.upstreams.length, 1);
  assert.is(rig.counter('http.p.csrf.missing_source_origin'), 1);
  const route = filterRig(csrf(on), routes(perRoute('csrf.v3.CsrfPolicy', off)));
  await route.request(change());
  assert.is(route.upstreams.length, 1);
});

test.run();
