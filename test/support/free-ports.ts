import { createServer } from 'node:net';

/** Loopback ports that are free now, drawn all at once so that they differ, as texts for the environment. */
export async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<string>((done) => {
          server.listen(0, '127.0.0.1', () => done(String((server.address() as { port: number }).port)));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
