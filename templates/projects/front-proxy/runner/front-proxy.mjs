/**
 * Everything that `npm start` runs: discovery in this process; apps and proxies in processes of their own.
 */
import { mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { prepareCertificate } from '../certificate.mjs';
import { build } from './build.mjs';
import { loadPackage, projectFolder } from './envoy3-package.mjs';
import { Instances, waitFor } from './instances.mjs';
import { killAll, start, stop } from './processes.mjs';
import { proxyCommand } from './proxy-command.mjs';
import { initialInstances, maxInstances, scaleFile, services } from './settings.mjs';

export const say = (text) => void process.stderr.write(`front-proxy: ${text}\n`);

/** A writer in place may be half done: what it left when nothing more happens for so long counts. Milliseconds. */
const settleMs = 15;

/** Calls back after changes in a folder, when the writer had time to finish. */
function onChange(folder, pattern, callback) {
  let timer;
  return watch(folder, (_event, name) => {
    if (name !== null && !pattern.test(name)) return;
    clearTimeout(timer);
    timer = setTimeout(callback, settleMs);
  });
}

/** Folders of the project's own modules. */
function sourceFolders(inputs) {
  const folders = inputs.map((path) => dirname(path)).filter((folder) => !folder.includes('node_modules'));
  return [...new Set([projectFolder, ...folders])];
}

/** How many instances of each service there should be. @throws when the file says something else */
function readScale(file) {
  const wanted = JSON.parse(readFileSync(file, 'utf8'));
  for (const [service, count] of Object.entries(wanted)) {
    if (!services.includes(service)) throw new Error(`there is no service '${service}'`);
    if (!Number.isInteger(count) || count < 0 || count > maxInstances) {
      throw new Error(`${service}: ${count} is not a number from 0 to ${maxInstances}`);
    }
  }
  return wanted;
}

export class FrontProxy {
  #settings;
  #instances;
  #discovery;
  #front;
  #watchers = [];
  #building = Promise.resolve();
  #ended;
  #end;
  #over = false;

  constructor(settings) {
    this.#settings = settings;
    this.#instances = new Instances(settings, say);
    this.#ended = new Promise((done) => {
      this.#end = done;
    });
  }

  /** Begins to end, with this exit code. A second time: at once. */
  end(code) {
    if (this.#over) killAll();
    this.#over = true;
    this.#instances.close();
    this.#end(code);
  }

  /** @param onReady called when all instances serve, and both services through the front proxy @returns the exit code */
  async run(onReady) {
    let code;
    try {
      await this.#startAll();
      const ready = [1, 2].map((one) =>
        waitFor(`http://127.0.0.1:${this.#settings.http}/service/${one}`, () => this.#over),
      );
      await Promise.race([this.#ended, Promise.all([...ready, this.#instances.whenServing()])]);
      if (!this.#over) onReady();
      code = await this.#ended;
    } catch (error) {
      if (!this.#over) say(error.message);
      this.end(1);
      code = await this.#ended;
    }
    await this.#stopAll();
    return code;
  }

  async #startAll() {
    const { state, discoveryHttp, discoveryDns } = this.#settings;
    mkdirSync(join(state, 'run'), { recursive: true });
    writeFileSync(scaleFile(this.#settings), `${JSON.stringify(initialInstances)}\n`);

    const { createDiscovery } = await loadPackage('envoy3/discovery');
    const log = (level) => (text) => say(`discovery: ${level}${text}`);
    const logger = { info: log(''), warning: log('warning: '), error: log('error: ') };
    this.#discovery = await createDiscovery({
      httpPort: discoveryHttp,
      dnsPort: discoveryDns,
      node: 'front-proxy',
      logger,
    });
    const [built] = await Promise.all([
      this.#build(),
      process.env.CERTIFICATE ? undefined : prepareCertificate(state),
      this.#instances.addFirst(),
    ]);
    if (built.result === 'failed') throw new Error('the front proxy has no configuration');
    if (this.#over) return;
    this.#startFront();
    this.#watch(built.inputs);
  }

  get #config() {
    return join(this.#settings.state, 'envoy3.yaml');
  }

  #build() {
    const { http, https, admin, service, discoveryDns, discoveryHttp } = this.#settings;
    const env = {
      HTTP_PORT: String(http),
      HTTPS_PORT: String(https),
      ADMIN_PORT: String(admin),
      SERVICE_PORT: String(service),
      DISCOVERY_DNS: `127.0.0.1:${discoveryDns}`,
      DISCOVERY_HTTP: `127.0.0.1:${discoveryHttp}`,
      CERTIFICATE: process.env.CERTIFICATE ?? 'certificate.pem',
    };
    return build({ entry: 'envoy3.config.ts', output: this.#config, env });
  }

  #startFront() {
    const command = proxyCommand(this.#settings, this.#config, 'warning');
    this.#front = start('front', ...command, { cwd: this.#settings.state, env: {} });
    this.#front.ended.then((how) => {
      if (this.#over) return;
      say(`the front proxy ${how}`);
      this.end(1);
    });
  }

  #watch(inputs) {
    const scale = scaleFile(this.#settings);
    const rebuild = () => {
      this.#building = this.#building
        .then(() => this.#rebuild())
        .catch((error) => say(`the configuration was not compiled: ${error.message}`));
    };
    this.#watchers = [
      ...sourceFolders(inputs).map((folder) => onChange(folder, /\.(?:[cm]?[jt]s|json)$/, rebuild)),
      onChange(dirname(scale), /^scale\.json$/, () => {
        try {
          void this.#instances.scale(readScale(scale));
        } catch (error) {
          say(`${scale}: ${error.message}`);
        }
      }),
    ];
  }

  async #rebuild() {
    const { result } = await this.#build();
    if (result === 'failed') say('the configuration of before goes on');
    if (result === 'written') {
      const real = this.#settings.engine === 'envoy';
      say(real ? 'envoy3.yaml is new: real Envoy takes it at the next start' : 'envoy3.yaml is new');
    }
    await this.#instances.rebuild();
  }

  async #stopAll() {
    for (const watcher of this.#watchers) watcher.close();
    if (this.#front !== undefined) await stop(this.#front);
    await this.#instances.stopAll();
    await this.#discovery?.close();
  }
}
