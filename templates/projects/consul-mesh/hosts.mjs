/**
 * `node hosts.mjs payments 43`: waits until the proxy of this node has so many healthy hosts of a service; without a
 * number, says how many it has. A third argument, 2, asks the proxy of the other node.
 */
import { healthyHosts, until } from './runner/proxy.mjs';
import { readSettings } from './runner/settings.mjs';

const [service = 'orders', wanted, node] = process.argv.slice(2);
const settings = readSettings(node === '2' ? 2 : 1);
const enough = async () => (await healthyHosts(settings, service)) === Number(wanted);
if (wanted !== undefined) await until(`${wanted} hosts of ${service}`, enough);
process.stdout.write(`${service}: ${await healthyHosts(settings, service)} healthy hosts\n`);
