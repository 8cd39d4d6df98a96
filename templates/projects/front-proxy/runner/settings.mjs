/**
 * Ports, addresses and folders, each to be set in the environment.
 */
import { join, sep } from 'node:path';
import { envoy3Home, projectFolder } from './envoy3-package.mjs';

function port(name, fallback) {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 1 || value > 65535) throw new Error(`${name} is not a port`);
  return value;
}

/** What is generated lies in the project; in a clone of envoy3, in its ignored cache. */
function stateFolder() {
  if (process.env.STATE_FOLDER) return process.env.STATE_FOLDER;
  const home = envoy3Home();
  return projectFolder.startsWith(join(home, 'templates') + sep)
    ? join(home, '.cache', 'front-proxy')
    : projectFolder;
}

export const services = ['service1', 'service2'];
/** Instances that run from the start. */
export const initialInstances = { service1: 3, service2: 1 };
/** Most instances of one service; each has an address of its own. */
export const maxInstances = 50;

export function readSettings() {
  return {
    state: stateFolder(),
    http: port('HTTP_PORT', 8080),
    https: port('HTTPS_PORT', 8443),
    admin: port('ADMIN_PORT', 8001),
    discoveryHttp: port('DISCOVERY_HTTP_PORT', 8500),
    discoveryDns: port('DISCOVERY_DNS_PORT', 8600),
    /** Of the proxy of each instance, and of its app. */
    service: port('SERVICE_PORT', 8000),
    app: port('APP_PORT', 8081),
    /** `envoy3`: the bundled runtime; `envoy`: real Envoy, whose binary ENVOY_BIN names. */
    engine: process.env.ENGINE ?? 'envoy3',
  };
}

/** `service2`, 3 -> its name and its address: 127.0.2.3. */
export function instanceOf(service, number) {
  return {
    service,
    name: `${service}-${number}`,
    address: `127.0.${services.indexOf(service) + 1}.${number}`,
  };
}

/** Where `scale.mjs` says how many instances there should be. */
export function scaleFile(settings) {
  return join(settings.state, 'run', 'scale.json');
}
