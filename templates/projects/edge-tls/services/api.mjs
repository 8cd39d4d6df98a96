/**
 * The gRPC API: HTTP/2 over TLS, agreed upon by ALPN; who does not offer h2 is turned away.
 */
import { loadLibrary } from '../runner/load-library.mjs';
import { serviceDefinition } from './auth-api.mjs';
import { backendTls } from './backend-tls.mjs';

const { Server, ServerCredentials } = (await loadLibrary('@grpc/grpc-js')).default;
const { ca, cert, key, requestCert } = backendTls();

const server = new Server();
server.addService(serviceDefinition, {
  Ping: ({ request }, reply) => reply(null, { text: `pong: ${request.text}`, count: 1 }),
  Watch(call) {
    let count = 0;
    call.on('data', ({ text }) => call.write({ text: `pong: ${text}`, count: ++count }));
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  },
});
const credentials = ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], requestCert);
server.bindAsync(`127.0.0.1:${process.env.API_PORT ?? 9442}`, credentials, (error) => {
  if (error === null) return;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
process.on('SIGTERM', () => server.tryShutdown(() => process.exit(0)));
