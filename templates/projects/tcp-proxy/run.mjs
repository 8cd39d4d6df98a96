/**
 * `npm start`: two databases and the proxy before them, until Ctrl-C. `PRIMARY=off` leaves the first database out.
 */
import { runProject } from './runner/run-project.mjs';

const { env } = process;
const adminPort = env.ADMIN_PORT ?? '9901';

function database(name, port) {
  return { name, port, args: ['services/database.mjs'], env: { DATABASE_NAME: name, DATABASE_PORT: port } };
}

await runProject({
  services: [
    ...(env.PRIMARY === 'off' ? [] : [database('primary', env.PRIMARY_PORT ?? '15433')]),
    database('replica', env.REPLICA_PORT ?? '15434'),
  ],
  adminPort,
  greeting: `  PORT=${env.PORT ?? '15432'} node services/client.mjs hello`,
});
