/**
 * Who has a port already is found out before anything is started.
 */
import { createServer } from 'node:net';

/** @returns a text when it cannot be listened on */
function problem([host, port, variable]) {
  return new Promise((done) => {
    const server = createServer();
    server.on('error', ({ code, message }) => {
      if (code === 'EADDRINUSE') {
        done(`port ${port} is in use; stop what has it, or choose another one: ${variable}=12345 npm start`);
      } else if (code === 'EADDRNOTAVAIL') {
        done(`this machine has no address ${host}; on macOS: sudo ifconfig lo0 alias ${host}`);
      } else done(`${host}:${port} cannot be had: ${message}`);
    });
    server.listen(port, host, () => server.close(() => done(undefined)));
  });
}

/** What is in the way of a start; nothing, if all is well. */
export async function portProblems(settings) {
  const problems = await Promise.all(
    [
      ['0.0.0.0', settings.http, 'HTTP_PORT'],
      ['0.0.0.0', settings.https, 'HTTPS_PORT'],
      ['127.0.0.1', settings.admin, 'ADMIN_PORT'],
      ['127.0.0.1', settings.discoveryHttp, 'DISCOVERY_HTTP_PORT'],
      ['127.0.0.1', settings.discoveryDns, 'DISCOVERY_DNS_PORT'],
      ['127.0.1.1', settings.service, 'SERVICE_PORT'],
      ['127.0.1.1', settings.app, 'APP_PORT'],
    ].map(problem),
  );
  return problems.filter((one) => one !== undefined);
}
