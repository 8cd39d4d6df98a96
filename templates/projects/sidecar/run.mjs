/**
 * `npm start`: the certificate, the configuration, two backends and the sidecar, until Ctrl-C.
 */
import { prepareCertificate } from './certificate.mjs';
import { projectFolder } from './runner/envoy3-package.mjs';
import { runProject } from './runner/run-project.mjs';

const { env } = process;
const on = (name) => /^(?:true|1|yes|on)$/i.test(env[name] ?? env.ALL ?? '');
const sidecarPort = env.SIDECAR_PORT ?? '10000';
const adminPort = env.ADMIN_PORT ?? '9901';
const backends = { backend: env.BACKEND_PORT ?? '9090', canary: env.CANARY_PORT ?? '9091' };

const certificate = env.CERTIFICATE ?? (await prepareCertificate(projectFolder));
const curl = on('TLS_TERMINATION') ? 'curl -k https:' : 'curl http:';

await runProject({
  services: Object.entries(backends).map(([name, port]) => ({
    name,
    script: 'services/backend.mjs',
    env: {
      BACKEND_NAME: name,
      BACKEND_PORT: port,
      BACKEND_TLS: on('TLS_ORIGINATION') ? certificate : '',
    },
  })),
  adminPort,
  greeting: `  ${curl}//localhost:${sidecarPort}/
  ${curl}//localhost:${sidecarPort}/important
  curl http://localhost:${adminPort}/stats/prometheus`,
});
