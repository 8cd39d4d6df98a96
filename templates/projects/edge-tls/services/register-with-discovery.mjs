/**
 * Registration through the discovery API: Consul's HTTP API, which `envoy3 discovery` serves.
 */
async function put(path, body) {
  const agent = process.env.DISCOVERY_HTTP ?? '127.0.0.1:8500';
  const answer = await fetch(`http://${agent}${path}`, {
    method: 'PUT',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`discovery: ${answer.status} ${text}`);
}

/** Discovery connects every second: a worker that is gone without a word is not given out any more. */
export function register({ name, address, port }) {
  const Check = { TCP: `${address}:${port}`, Interval: '1s', Timeout: '1s', Status: 'passing' };
  return put('/v1/agent/service/register', { ID: name, Name: 'worker', Address: address, Port: port, Check });
}

export function deregister({ name }) {
  return put(`/v1/agent/service/deregister/${name}`);
}
