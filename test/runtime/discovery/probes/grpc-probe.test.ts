import type { ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:http2';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { probeGrpc } from '../../../../runtime/discovery/probes/grpc-probe.js';
import type { ProbeResult } from '../../../../runtime/discovery/probes/start-probing.js';

/** A gRPC server that answers one call as it is told. */
async function withServer(
  answer: (stream: ServerHttp2Stream, asked: Buffer) => void,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => answer(stream, Buffer.concat(chunks)));
    stream.on('error', () => undefined);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    await use((server.address() as { port: number }).port);
  } finally {
    await new Promise((done) => server.close(done));
  }
}

const probe = (port: number, service = ''): Promise<ProbeResult> =>
  new Promise((done) => {
    const target = {
      kind: 'grpc',
      host: '127.0.0.1',
      port,
      service,
      tls: false,
      skipVerify: false,
      serverName: '',
    } as const;
    probeGrpc(target, done);
  });

function respond(stream: ServerHttp2Stream, message: Buffer, grpcStatus: string): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': grpcStatus }));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
}

test('serving is passing, everything else is critical and says why', async () => {
  let service = '';
  await withServer(
    (stream, asked) => {
      service = asked.subarray(7).toString('utf8');
      respond(stream, Buffer.from(service === 'a.B' ? [8, 1] : [8, 2]), '0');
    },
    async (port) => {
      assert.equal(await probe(port, 'a.B'), {
        status: 'passing',
        output: `gRPC check 127.0.0.1:${port}/a.B: success`,
      });
      assert.is(service, 'a.B');
      assert.is((await probe(port)).output, `gRPC check 127.0.0.1:${port}: NOT_SERVING`);
      assert.is(service, '');
    },
  );
  await withServer(
    (stream) => respond(stream, Buffer.alloc(0), '12'),
    async (port) => assert.match((await probe(port)).output, /status 12$/),
  );
  await withServer(
    (stream) => stream.close(),
    async (port) => assert.is((await probe(port)).status, 'critical'),
  );
  assert.match((await probe(1)).output, /ECONNREFUSED/);
});

test.run();
