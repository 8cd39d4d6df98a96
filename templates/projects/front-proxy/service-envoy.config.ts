/**
 * The proxy beside one instance of a service: everything that comes in goes to the app on the same address. Built once
 * for each instance, with what differs in the environment.
 */
import { admin, bootstrap, env, httpListener, route, staticCluster, virtualHost } from 'envoy3';

/** Each instance has a loopback address of its own, as a container would have its own network. */
const address = env('INSTANCE_ADDRESS', '127.0.1.1');
const instance = env('INSTANCE_NAME', 'service1-1');

const app = staticCluster('app', [`${address}:${env('APP_PORT', '8081')}`]);

export default bootstrap({
  node: { id: instance, cluster: instance.replace(/-\d+$/, '') },
  admin: admin({ address, port: Number(env('ADMIN_PORT', '8001')) }),
  listeners: [
    httpListener(Number(env('SERVICE_PORT', '8000')), {
      address,
      name: 'ingress',
      // The front proxy stands before this one and has cleaned what strangers sent.
      edge: false,
      virtualHosts: [virtualHost(['*'], [route('/', app)])],
    }),
  ],
});
