/**
 * `node get.mjs orders`: what a client that speaks no gRPC sees of the proxy: its certificate, the protocol that ALPN chose,
 * and the answer to a GET.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { readSettings } from './runner/settings.mjs';

const { folder, mesh } = readSettings();
const name = `${process.argv[2] ?? 'orders'}.envoy.internal`;
const session = connect(`https://${name}:${mesh}`, {
  host: '127.0.0.1',
  lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  ca: readFileSync(join(folder, 'wildcard.crt')),
  ALPNProtocols: ['http/1.1', 'h2'],
});
session.on('connect', (_session, socket) => {
  process.stdout.write(`${socket.getPeerCertificate().subjectaltname}\nALPN ${socket.alpnProtocol}\n`);
});
const stream = session.request({ ':path': '/' });
stream.on('response', (headers) => process.stdout.write(`GET ${headers[':status']}\n`));
stream.resume().on('close', () => session.close());
