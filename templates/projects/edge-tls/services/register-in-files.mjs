/**
 * Registration through file xDS: the workers stand in a file of endpoints (EDS), which the proxy watches. The file is
 * replaced as a whole by a rename, which is what real Envoy looks for.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const file = process.env.WORKER_FILE ?? 'run/xds/workers.yaml';
const type = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

/** JSON is YAML. */
function write(workers) {
  const lb_endpoints = workers.map(({ address, port }) => ({
    endpoint: { address: { socket_address: { address, port_value: port } } },
  }));
  const version_info = String(Date.now());
  const resources = [{ '@type': type, cluster_name: 'workers', endpoints: [{ lb_endpoints }] }];
  writeFileSync(`${file}.new`, `${JSON.stringify({ version_info, resources }, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function read() {
  const [{ endpoints }] = JSON.parse(readFileSync(file, 'utf8')).resources;
  return endpoints[0].lb_endpoints.map(({ endpoint }) => {
    const { address, port_value: port } = endpoint.address.socket_address;
    return { address, port };
  });
}

/** The file has to be there when the proxy starts, workers or not. */
export function prepareFile() {
  mkdirSync(dirname(file), { recursive: true });
  write([]);
}

/** One worker at a time: a folder can be made once only. */
async function change(edit) {
  const lock = `${file}.lock`;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      await new Promise((done) => setTimeout(done, 10));
    }
  }
  try {
    write(edit(existsSync(file) ? read() : []));
  } finally {
    rmdirSync(lock);
  }
}

const others = (workers, { address }) => workers.filter((one) => one.address !== address);

export function register({ address, port }) {
  return change((workers) => [...others(workers, { address }), { address, port }]);
}

export function deregister(worker) {
  return change((workers) => others(workers, worker));
}
