/**
 * How an instance tells the agent of its node about itself: Consul's HTTP API, one call to come and one to go.
 */

/** Between two reports of an instance that reports on itself, and after how long without one it counts as gone. */
const reportMs = 3000;
const timeToLive = '10s';
/** The agent may start after the services. */
const attempts = 200;
const pauseMs = 50;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function put(agent, path, body) {
  const answer = await fetch(`http://${agent}${path}`, { method: 'PUT', body });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
}

async function insist(what) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await what();
    } catch (error) {
      if (attempt === attempts) throw error;
      await pause(pauseMs);
    }
  }
}

/**
 * @param instance `id`, `name`, `address`, `port`
 * @param check `grpc`: the agent asks it each two seconds; `ttl`: it reports by itself
 * @returns a function that takes it out again
 */
export async function register(agent, { id, name, address, port }, check) {
  const Check =
    check === 'ttl'
      ? { TTL: timeToLive, Status: 'passing' }
      : { GRPC: `${address}:${port}`, Interval: '2s', Timeout: '5s', Status: 'passing' };
  const body = JSON.stringify({ ID: id, Name: name, Address: address, Port: port, Check });
  await insist(() => put(agent, '/v1/agent/service/register', body));
  const report = () => put(agent, `/v1/agent/check/pass/service:${id}`).catch(() => undefined);
  const timer = check === 'ttl' ? setInterval(report, reportMs) : undefined;
  return async () => {
    clearInterval(timer);
    await put(agent, `/v1/agent/service/deregister/${id}`);
  };
}
