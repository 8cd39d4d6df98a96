/**
 * The page of discovery in a real browser: what it shows, that it follows what happens, that it can be searched, that it is
 * readable without script, and that nothing that somebody registered becomes a part of it. Alone, and in `envoy3 serve`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start, stop } from '../bench/processes.js';
import { takePorts } from '../support/port-block.js';
import { withFolder } from '../support/temporary-folder.js';
import { findChromium, Page } from './chromium.js';

interface Context {
  readonly root: string;
}

const hostile = '<img src=x onerror="document.title=\'broken\'">';

const config = (proxy: string, dns: string, http: string): string => `
admin: { address: { socket_address: { address: 127.0.0.1, port_value: ${proxy} } } }
static_resources:
  clusters:
  - name: orders-cluster
    type: STRICT_DNS
    metadata: { filter_metadata: { envoy3.discovery: { agent: "http://127.0.0.1:${http}", service: orders } } }
    dns_resolution_config: { resolvers: [ { socket_address: { address: 127.0.0.1, port_value: ${dns} } } ] }
    load_assignment:
      cluster_name: orders-cluster
      endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: orders.service.consul, port_value: 80 } } } } ] } ]
  - name: lost-cluster
    type: STRICT_DNS
    dns_resolution_config: { resolvers: [ { socket_address: { address: 127.0.0.1, port_value: ${dns} } } ] }
    load_assignment:
      cluster_name: lost-cluster
      endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: lost.service.consul, port_value: 80 } } } } ] } ]
`;

export async function run({ root }: Context): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  const chromium = findChromium();
  if (chromium === undefined) return { passed, failed, lines: ['NOT RUN, missing chromium'] };
  const shows = (what: string, text: string, pattern: RegExp, isThere = true): void => {
    if (pattern.test(text) === isThere) passed++;
    else {
      failed++;
      lines.push(`${what}: ${isThere ? 'no' : 'there is'} ${pattern} in`, text.replaceAll(/^/gm, '    '));
    }
  };

  async function observe(how: string, serves: boolean): Promise<void> {
    const { ports, release } = await takePorts(['http', 'dns', 'admin']);
    await withFolder({}, async (folder) => {
      const file = join(folder, 'envoy3.yaml');
      writeFileSync(file, config(ports.admin, ports.dns, ports.http));
      const flags = ['--http-port', ports.http, '--dns-port', ports.dns];
      const args = serves ? ['serve', '-c', file, '--discovery', ...flags] : ['discovery', ...flags];
      const running = start(how, process.execPath, [join(root, 'cli', 'envoy3.mjs'), ...args], folder);
      const base = `http://127.0.0.1:${ports.http}`;
      const put = async (path: string, body: object = {}): Promise<void> => {
        const response = await fetch(`${base}${path}`, { method: 'PUT', body: JSON.stringify(body) });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      };
      const register = (Name: string, more: object = {}) =>
        put('/v1/agent/service/register', { Name, ...more });
      try {
        for (let look = 0; look < 200; look++) {
          const isUp = await fetch(`${base}/v1/status/leader`).then(
            ({ ok }) => ok,
            () => false,
          );
          if (isUp) break;
          await new Promise((done) => setTimeout(done, 50));
        }
        await register('orders', { ID: 'orders-1', Address: '127.0.0.5', Port: 5100, Tags: ['v1', hostile] });
        await register('users', { Port: 5200, Check: { TTL: '60s', Status: 'passing', Name: 'alive' } });
        const page = await Page.open(chromium as string);
        try {
          await page.go(`${base}/`);
          const first = await page.sees(/users/);
          shows(`${how}: services`, first, /2 of 2 services|3 of 3 services/);
          shows(`${how}: an instance`, first, /orders-1\s+\S+\s+127\.0\.0\.5:5100\s+passing/);
          shows(`${how}: nothing registered is a part of the page`, first, /<img src=x/);
          shows(`${how}: nor is run`, String(await page.value('document.title')), /^Services$/);
          shows(`${how}: clusters`, first, /used by cluster orders-cluster orders\.service\.consul/, serves);
          shows(
            `${how}: clusters without a service`,
            first,
            /Clusters without a service[\s\S]*lost-cluster\s+lost\.service\.consul/,
            serves,
          );

          await put('/v1/agent/check/fail/service:users?note=it%20burns');
          shows(
            `${how}: a failing check, without a reload`,
            await page.sees(/it burns/),
            /users 0 of 1 passing[\s\S]*critical[\s\S]*it burns/,
          );
          await register('late', { Port: 1 });
          shows(`${how}: a new service, without a reload`, await page.sees(/late/), /late 1 of 1 passing/);
          await put('/v1/agent/service/deregister/late');
          const without = await page.sees(/^(?![\s\S]*late 1 of 1)/);
          shows(`${how}: one that is gone`, without, /late 1 of 1/, false);

          await page.go(`${base}/ui/?q=ORD`);
          const searched = await page.text();
          shows(`${how}: a search`, searched, /1 of \d services/);
          shows(`${how}: a search leaves others out`, searched, /users \d of/, false);

          await page.send('Emulation.setScriptExecutionDisabled', { value: true });
          await page.go(`${base}/ui/`);
          const { root: body } = await page.send('DOM.getDocument');
          const { nodeId } = body as { nodeId: number };
          const { outerHTML } = await page.send('DOM.getOuterHTML', { nodeId });
          shows(`${how}: without script`, String(outerHTML), /<h2 id="users">users <small>0 of 1 passing/);
          const picture = await page.screenshot();
          shows(`${how}: a picture`, picture.subarray(1, 4).toString('latin1'), /^PNG$/);
          if (process.env.ENVOY3_SCREENSHOT !== undefined)
            writeFileSync(`${process.env.ENVOY3_SCREENSHOT}-${serves ? 'serve' : 'alone'}.png`, picture);
        } finally {
          await page.close();
        }
      } finally {
        await stop(running);
        await release();
      }
    });
  }

  for (const [how, serves] of [
    ['alone', false],
    ['in serve', true],
  ] as const) {
    await observe(how, serves).catch((error: Error) => {
      failed++;
      lines.push(`${how}: ${error.stack}`);
    });
  }
  return { passed, failed, lines };
}
