/**
 * `npm start`: two databases and the proxy before them, until Ctrl-C. `PRIMARY=off` leaves the first database out.
 */
import { runProject } from './runner/run-project.mjs';

const { env } = process;
const port = env.PORT ?? '15432';
const adminPort = env.ADMIN_PORT ?? '9901';

function database(name, databasePort) {
  return { name, args: ['services/database.mjs'], env: { DATABASE_NAME: name, DATABASE_PORT: databasePort } };
}

await runProject({
  services: [
    ...(env.PRIMARY === 'off' ? [] : [database('primary', env.PRIMARY_PORT ?? '15433')]),
    database('replica', env.REPLICA_PORT ?? '15434'),
  ],
  adminPort,
  greeting: `  PORT=${port} node services/client.mjs hello`,
});
