import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createCatalog } from '../../../../runtime/discovery/catalog/create-catalog.js';
import type { ServiceDefinition } from '../../../../runtime/discovery/catalog/catalog.js';
import type { ClusterUse } from '../../../../runtime/discovery/cluster-uses.js';
import { uiPage } from '../../../../runtime/discovery/http/ui-page.js';

function catalogOf(...names: readonly string[]) {
  const node = { id: 'id', name: 'n1', address: '127.0.0.1', datacenter: 'dc1', meta: {} };
  const catalog = createCatalog({ node });
  for (const [at, name] of names.entries()) {
    const definition: ServiceDefinition = {
      ...{ id: `${name}-${at}`, name, tags: [], address: '10.0.0.1', port: 80, meta: {} },
      ...{ taggedAddresses: {}, weights: { passing: 1, warning: 1 }, enableTagOverride: false },
    };
    catalog.putService(definition, 'api');
  }
  return catalog;
}

const use = (cluster: string, service: string): ClusterUse => ({
  cluster,
  service,
  name: `${service}.service.consul`,
});

/** The text that a reader sees of a part of the page. */
const textOf = (html: string): string =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const sectionOf = (page: string, id: string): string =>
  textOf(page.split('<section').find((section) => section.includes(`"${id}"`)) ?? '');

test('each service with the clusters that use it', () => {
  const catalog = catalogOf('Orders', 'billing', 'lonely');
  const uses = [use('a', 'orders'), use('b<', 'orders'), use('c', 'billing')];
  const page = uiPage({ catalog, uses: () => uses });
  assert.match(sectionOf(page, 'Orders'), /used by clusters a orders\.service\.consul , b&#60; orders/);
  assert.match(sectionOf(page, 'billing'), /used by cluster c billing/);
  assert.match(sectionOf(page, 'lonely'), /used by no cluster/);
  assert.not.match(page, /id="missing"/);
});

test('clusters whose service is not there stand first, for they have no hosts', () => {
  const page = uiPage({ catalog: catalogOf('orders'), uses: () => [use('x', 'nobody'), use('q', '')] });
  const missing = sectionOf(page, 'missing');
  assert.match(missing, /x nobody\.service\.consul/);
  assert.match(missing, / q /);
  assert.ok(page.indexOf('id="missing"') < page.indexOf('id="orders"'));
});

test('nothing is said of clusters where no configuration is known, and why it cannot be read', () => {
  const catalog = catalogOf('orders');
  assert.not.match(uiPage({ catalog, uses: () => undefined }), /used by|id="missing"/);
  const page = uiPage({
    catalog,
    uses() {
      throw new Error('envoy3.yaml: <no> such file');
    },
  });
  assert.match(page, /the clusters cannot be told: envoy3\.yaml: &#60;no&#62; such file/);
});

test('a page that somebody can read, however many services there are', () => {
  const many = catalogOf(...Array.from({ length: 1000 }, (_, n) => `s${n}`), ...Array(150).fill('big'));
  const options = { catalog: many, uses: () => undefined };
  const page = uiPage(options);
  assert.is(page.split('<section').length - 1, 200);
  assert.match(page, /801 more services/);
  assert.match(sectionOf(page, 'big'), / 50 more$/);
  const found = uiPage(options, 'S99');
  assert.match(found, /11 of 1001 services/);
  assert.match(uiPage(options, '"><script>'), /value="&#34;&#62;&#60;script&#62;"/);
});

test.run();
