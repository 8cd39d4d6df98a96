/**
 * Instances of the services: an app with its proxy, registered with discovery while it serves.
 */
import { join } from 'node:path';
import { build } from './build.mjs';
import { projectFolder } from './envoy3-package.mjs';
import { node, proxyCommand } from './proxy-command.mjs';
import { start, stop } from './processes.mjs';
import { initialInstances, instanceOf, services } from './settings.mjs';

/** The front proxy asks for addresses each second, and may have asked just before one was taken away. */
const forgetMs = 2000;

const serviceConfig = 'service-envoy.config.ts';

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until the answer is a 200. @throws when `isOver` says so, or after ten seconds */
export async function waitFor(url, isOver) {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (isOver()) throw new Error(`${url} will not answer`);
    const answer = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.status === 200) return;
    await pause(25);
  }
  throw new Error(`${url} does not answer`);
}

export class Instances {
  #settings;
  #say;
  #running = new Map();
  #queue = Promise.resolve();
  #closed = false;

  constructor(settings, say) {
    this.#settings = settings;
    this.#say = say;
  }

  /** Makes it so many, one change after the other. */
  scale(wanted) {
    const step = async () => {
      for (const service of services) {
        if (this.#closed) return;
        const count = wanted[service] ?? 0;
        const numbers = this.#numbers(service);
        const missing = Array.from({ length: count }, (_, at) => at + 1).filter(
          (one) => !numbers.includes(one),
        );
        await Promise.all([
          ...missing.map((number) => this.#add(instanceOf(service, number), false)),
          ...numbers.filter((number) => number > count).map((number) => this.#remove(`${service}-${number}`)),
        ]);
      }
    };
    this.#queue = this.#queue.then(step).catch((error) => this.#say(error.message));
    return this.#queue;
  }

  /** The first ones, registered before they answer: whoever asks for them is not ready either. */
  async addFirst() {
    await Promise.all(
      services.flatMap((service) =>
        Array.from({ length: initialInstances[service] }, (_, at) =>
          this.#add(instanceOf(service, at + 1), true),
        ),
      ),
    );
  }

  /** What ends from now on ends because all of it does. */
  close() {
    this.#closed = true;
  }

  async stopAll() {
    await Promise.all([...this.#running.values()].flatMap(({ processes }) => processes.map(stop)));
  }

  /** Fulfilled when all that are running answer. */
  async whenServing() {
    await Promise.all([...this.#running.values()].map((instance) => this.#serving(instance)));
  }

  #serving({ name, address }) {
    const url = `http://${address}:${this.#settings.service}/healthcheck`;
    return waitFor(url, () => this.#closed || !this.#running.has(name));
  }

  /** After a change of the configuration. */
  async rebuild() {
    for (const instance of this.#running.values()) {
      const { result } = await build({ entry: serviceConfig, ...this.#recipe(instance) });
      if (result === 'failed') return;
    }
  }

  #recipe({ name, address }) {
    const { state, service, app, admin } = this.#settings;
    const env = {
      INSTANCE_NAME: name,
      INSTANCE_ADDRESS: address,
      SERVICE_PORT: String(service),
      APP_PORT: String(app),
      ADMIN_PORT: String(admin),
    };
    return { env, output: join(state, 'run', `${name}.yaml`) };
  }

  #numbers(service) {
    return [...this.#running.values()]
      .filter((one) => one.service === service)
      .map((one) => Number(one.name.slice(service.length + 1)));
  }

  async #add(instance, registerNow) {
    const { state, service } = this.#settings;
    const { name, address } = instance;
    const { env, output } = this.#recipe(instance);
    const { result } = await build({ entry: serviceConfig, output, env });
    if (result === 'failed') throw new Error(`${name} has no configuration`);
    const cwd = state;
    const processes = [
      start(`${name} app`, node[0], [...node[1], join(projectFolder, 'services', 'service.mjs')], {
        cwd,
        env,
      }),
      start(name, ...proxyCommand(this.#settings, output, 'warning'), { cwd, env }),
    ];
    const running = { ...instance, processes };
    this.#running.set(name, running);
    for (const one of processes) {
      one.ended.then((how) => {
        if (!one.stopping && !this.#closed) void this.#lost(running, `${one.name} ${how}`);
      });
    }
    if (registerNow) await this.#register(instance);
    else {
      await this.#serving(instance);
      await this.#register(instance);
      this.#say(`${name} serves on ${address}:${service}`);
    }
  }

  async #remove(name) {
    const instance = this.#running.get(name);
    if (instance === undefined) return;
    await this.#deregister(name);
    await pause(forgetMs);
    this.#running.delete(name);
    await Promise.all(instance.processes.map(stop));
    this.#say(`${name} is gone`);
  }

  /** A part of it ended by itself: the rest goes as well. */
  async #lost({ name, processes }, how) {
    if (!this.#running.delete(name)) return;
    this.#say(`${how}; ${name} is taken out`);
    await this.#deregister(name).catch(() => undefined);
    await Promise.all(processes.map(stop));
  }

  /** As every service registers with a Consul agent. */
  async #register({ name, service, address }) {
    const port = this.#settings.service;
    // Discovery looks for itself: an instance that hangs is not given out.
    const Check = {
      HTTP: `http://${address}:${port}/healthcheck`,
      Interval: '2s',
      Timeout: '1s',
      Status: 'passing',
    };
    const body = JSON.stringify({ ID: name, Name: service, Address: address, Port: port, Check });
    await this.#put('/v1/agent/service/register', body);
  }

  async #deregister(name) {
    await this.#put(`/v1/agent/service/deregister/${name}`);
  }

  async #put(path, body) {
    const answer = await fetch(`http://127.0.0.1:${this.#settings.discoveryHttp}${path}`, {
      method: 'PUT',
      body,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`discovery: ${answer.status} ${text}`);
  }
}
