/**
 * A client of the gRPC API. It looks at the handshake first, as grpc-go has done since 1.67: without `h2` agreed upon it
 * makes no call, unless GRPC_ENFORCE_ALPN_ENABLED=false says otherwise.
 */
import { connect } from 'node:tls';
import { loadLibrary } from '../runner/load-library.mjs';
import { serviceDefinition } from '../services/auth-api.mjs';
import { clientPem, edgePort, truststore } from './edge.mjs';

const grpc = (await loadLibrary('@grpc/grpc-js')).default;

/** @throws when h2 is not agreed upon */
export function checkAlpn() {
  const pem = clientPem();
  return new Promise((done, fail) => {
    const socket = connect({
      port: edgePort,
      host: 'localhost',
      servername: 'localhost',
      ca: truststore(),
      cert: pem,
      key: pem,
      ALPNProtocols: ['h2'],
    });
    socket.on('secureConnect', () => {
      const { alpnProtocol } = socket;
      socket.destroy();
      if (alpnProtocol === 'h2') done();
      else fail(new Error('ALPN negotiation failed: the edge did not agree upon h2'));
    });
    socket.on('error', ({ code, message }) => fail(new Error(`ALPN negotiation failed: ${code ?? message}`)));
    socket.on('close', () => fail(new Error('ALPN negotiation failed: the edge closed the connection')));
  });
}

/** @param target default: the edge over TLS; `plain` and a port: without TLS (h2c) */
export async function openClient(target) {
  const pem = clientPem();
  if (target === undefined && process.env.GRPC_ENFORCE_ALPN_ENABLED !== 'false') await checkAlpn();
  const Client = grpc.makeGenericClientConstructor(serviceDefinition, 'AuthApi');
  return target === undefined
    ? new Client(`localhost:${edgePort}`, grpc.credentials.createSsl(truststore(), pem, pem))
    : new Client(target, grpc.credentials.createInsecure());
}

/** `UNAVAILABLE: ...` */
export const failureText = ({ code, details, message }) =>
  code === undefined ? message : `${grpc.status[code]}: ${details}`;
