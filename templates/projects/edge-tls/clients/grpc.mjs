/**
 * `node clients/grpc.mjs TEXT` calls Ping; with `--plain PORT` over HTTP/2 without TLS (h2c).
 */
import { failureText, openClient } from './grpc-channel.mjs';

const args = process.argv.slice(2);
const plain = args[0] === '--plain' ? args.splice(0, 2)[1] : undefined;
try {
  const client = await openClient(plain === undefined ? undefined : `127.0.0.1:${plain}`);
  const reply = await new Promise((done, fail) => {
    const deadline = Date.now() + 10_000;
    client.Ping({ text: args.join(' ') }, { deadline }, (error, answer) =>
      error ? fail(error) : done(answer),
    );
  });
  process.stdout.write(`${reply.text}\n`);
  client.close();
} catch (error) {
  process.stdout.write(`${failureText(error)}\n`);
  process.exit(1);
}
