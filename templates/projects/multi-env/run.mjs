/**
 * `npm start`: the environment dev, with its services, until Ctrl-C.
 */
import { runProject } from './runner/run-project.mjs';

const { env } = process;
const port = env.PORT ?? '10000';
const services = { api: env.API_PORT ?? '9090', web: env.WEB_PORT ?? '9091' };

await runProject({
  build: ['--env', 'dev'],
  services: Object.entries(services).map(([name, servicePort]) => ({
    name,
    port: servicePort,
    args: ['services/service.mjs'],
    env: { SERVICE_NAME: name, SERVICE_PORT: servicePort },
  })),
  adminPort: env.ADMIN_PORT ?? '9901',
  greeting: `  curl localhost:${port}/api/users
  curl localhost:${port}/`,
});
