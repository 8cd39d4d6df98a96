/**
 * `npm start`: the certificate, the configuration, the services of the practices that are on, and the sidecar, until
 * Ctrl-C.
 */
import { join } from 'node:path';
import { prepareCertificate } from './certificate.mjs';
import { envoy3Home, projectFolder } from './runner/envoy3-package.mjs';
import { runProject } from './runner/run-project.mjs';

const { env } = process;
const on = (name) => /^(?:true|1|yes|on)$/i.test(env[name] ?? env.ALL ?? '');
const sidecarPort = env.SIDECAR_PORT ?? '10000';
const adminPort = env.ADMIN_PORT ?? '9901';
const backends = { backend: env.BACKEND_PORT ?? '9090', canary: env.CANARY_PORT ?? '9091' };

/** The ports of `host:port` variables that say where discovery is. */
const portOf = (text, fallback) => /:(\d+)$/.exec(text ?? '')?.[1] ?? fallback;

const certificate = env.CERTIFICATE ?? (await prepareCertificate(projectFolder));
const services = Object.entries(backends).map(([name, port]) => ({
  name,
  port,
  args: ['services/backend.mjs'],
  env: { BACKEND_NAME: name, BACKEND_PORT: port, BACKEND_TLS: on('TLS_ORIGINATION') ? certificate : '' },
}));
if (on('GLOBAL_RATE_LIMIT')) {
  const port = env.RATE_LIMIT_PORT ?? '8081';
  services.push({ name: 'rate-limit', port, args: ['services/rate-limit.mjs'] });
}
if (on('TRACING')) {
  const port = env.COLLECTOR_PORT ?? '9411';
  services.push({ name: 'collector', port, args: ['services/collector.mjs'] });
}
if (on('DISCOVERY')) {
  const port = portOf(env.DISCOVERY_HTTP, '8500');
  services.push({
    name: 'discovery',
    port,
    args: [
      join(envoy3Home(), 'cli', 'envoy3.mjs'),
      ...['discovery', '--services', 'sidecar.services.ts'],
      ...['--http-port', port],
      ...['--dns-port', portOf(env.DISCOVERY_DNS, '8600')],
    ],
  });
}

const curl = on('TLS_TERMINATION') ? 'curl -k https:' : 'curl http:';

await runProject({
  services,
  adminPort,
  greeting: `  ${curl}//localhost:${sidecarPort}/
  ${curl}//localhost:${sidecarPort}/important
  curl http://localhost:${adminPort}/stats/prometheus`,
});
