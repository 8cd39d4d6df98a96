/**
 * What the proxy of this node says of itself, by its admin interface.
 */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function ask({ admin }, path) {
  const answer = await fetch(`http://127.0.0.1:${admin}${path}`);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  return text;
}

/** Hosts of a cluster that are in rotation. */
export async function healthyHosts(settings, cluster) {
  const lines = (await ask(settings, '/clusters')).split('\n');
  return lines.filter((line) => line.startsWith(`${cluster}::`) && line.endsWith('::health_flags::healthy'))
    .length;
}

/** Of a dump, what is in force: real Envoy lists old listeners until their connections have ended. */
const notInForce = new Set(['draining_state', 'warming_state']);

function findWeight(value, cluster) {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value.clusters)) {
    const share = value.clusters.find(({ name }) => name === cluster);
    if (share !== undefined) return share.weight ?? 0;
  }
  for (const [key, one] of Object.entries(value)) {
    const found = notInForce.has(key) ? undefined : findWeight(one, cluster);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The weight of a cluster in the routes that are in force; undefined when no route names it. */
export async function weightOf(settings, cluster) {
  const dump = JSON.parse(await ask(settings, '/config_dump'));
  return findWeight(
    dump.configs.filter((one) => one['@type'].endsWith('.ListenersConfigDump')),
    cluster,
  );
}

/** Asks until it is so. @throws after a minute, or when `isOver` says that it will not be */
export async function until(what, isSo, isOver = () => false) {
  for (let attempt = 0; attempt < 1200; attempt++) {
    if (isOver()) break;
    if (await isSo().catch(() => false)) return;
    await pause(50);
  }
  throw new Error(`${what}: this did not come about`);
}
