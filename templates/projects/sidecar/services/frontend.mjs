/**
 * The frontend: asks the sidecar once and says what it got. With `TLS_TERMINATION` it speaks TLS to the sidecar, whose
 * certificate it checks.
 */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { get as getOverTls } from 'node:https';

const { env } = process;
const port = Number(env.SIDECAR_PORT ?? 10000);
const usesTls = /^(?:true|1|yes|on)$/i.test(env.TLS_TERMINATION ?? env.ALL ?? '');
const options = { host: 'localhost', port, path: '/', family: 4 };

function receive(response) {
  process.stdout.write('Frontend received: ');
  response.pipe(process.stdout);
}

const request = usesTls
  ? getOverTls({ ...options, ca: readFileSync(env.CERTIFICATE ?? 'certificate.pem') }, receive)
  : get(options, receive);
request.on('error', ({ message }) => {
  process.stdout.write(`Frontend failed to connect: ${message}\n`);
  process.exitCode = 1;
});
