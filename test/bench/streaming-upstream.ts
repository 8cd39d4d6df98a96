/**
 * A gRPC server that answers each call with 64 messages of 1 KB, each written for itself. Started as a process of its own:
 * `node streaming-upstream.js PORT`.
 */
import { createServer } from 'node:http2';

const message = Buffer.alloc(5 + 1024);
message.writeUInt32BE(1024, 1);
const count = 64;

createServer()
  .on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    for (let at = 0; at < count; at++) stream.write(message);
    stream.end();
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
