/**
 * `node clients/hold.mjs COMMAND` holds a gRPC stream and a WebSocket open, runs the command, waits until the edge answers
 * with another release (`x-release`), and says whether both still answer.
 */
import { execFileSync } from 'node:child_process';
import { get } from 'node:https';
import { edgePort, clientPem, truststore } from './edge.mjs';
import { failureText, openClient } from './grpc-channel.mjs';
import { openWebSocket, say } from './websocket.mjs';

/** Over a new connection. */
function release() {
  const pem = clientPem();
  return new Promise((done, fail) => {
    const options = {
      host: 'localhost',
      port: edgePort,
      ca: truststore(),
      cert: pem,
      key: pem,
      agent: false,
    };
    get({ ...options, ALPNProtocols: ['http/1.1'] }, (response) => {
      response.resume();
      done(response.headers['x-release']);
    }).on('error', fail);
  });
}

function ask(stream, text) {
  return new Promise((done, fail) => {
    stream.once('data', ({ text: answer, count }) => done(`${answer}, message ${count} of the stream`));
    stream.once('error', (error) => fail(new Error(failureText(error))));
    stream.write({ text });
  });
}

const before = await release();
const client = await openClient();
const stream = client.Watch();
const socket = await openWebSocket();
process.stdout.write(`release ${before}: ${await ask(stream, 'hello')}\n`);
const [worker] = (await say(socket, 'hello')).split(':');

const [command, ...args] = process.argv.slice(2);
execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
let now = before;
for (let attempt = 0; attempt < 400 && now === before; attempt++) {
  await new Promise((done) => setTimeout(done, 25));
  now = await release();
}
if (now === before) throw new Error('the edge has the same configuration');

process.stdout.write(`release ${now}: ${await ask(stream, 'hello')}\n`);
const again = await say(socket, 'hello again');
const isSame = again === `${worker}: hello again`;
process.stdout.write(
  `release ${now}: the WebSocket ${isSame ? 'is with the same worker' : `answers ${again}`}\n`,
);
stream.end();
client.close();
socket.terminate();
