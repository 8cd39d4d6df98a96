/**
 * `node join.mjs`: another node of the mesh beside the running `npm start`: its proxy, with the same configuration on other
 * ports and with logs of its own, until a signal. It follows the releases.
 */
import { cpSync, mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { build } from './runner/build.mjs';
import { stop } from './runner/processes.mjs';
import { readSettings } from './runner/settings.mjs';
import { startProxy } from './runner/start-proxy.mjs';

const settings = readSettings(2);
const { folder, home, mesh } = settings;
mkdirSync(home, { recursive: true });
for (const file of ['wildcard.crt', 'wildcard.key']) cpSync(join(folder, file), join(home, file));
const proxy = startProxy(settings, build(settings));
const watcher = watch(folder, (_event, name) => {
  if (name !== 'release.json') return;
  try {
    build(settings);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
  }
});
proxy.ended.then((how) => {
  if (!proxy.stopping) process.stderr.write(`the proxy ${how}\n`);
  process.exit(proxy.stopping ? 0 : 1);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    watcher.close();
    void stop(proxy);
  });
}
process.stdout.write(`node 2: a proxy on 127.0.0.1:${mesh}\n`);
