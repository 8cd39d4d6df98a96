import { readFileSync } from 'node:fs';

const { env } = process;

/** What all backends show, and whether they want to see a certificate of the edge. */
export function backendTls() {
  const pem = readFileSync(env.BACKEND_CERTIFICATE ?? 'certificates/backend.pem');
  const ca = readFileSync(env.BACKEND_TRUSTSTORE ?? 'certificates/truststore.pem');
  const wantsClient = /^(?:true|1|yes|on)$/i.test(env.MTLS ?? '');
  return { cert: pem, key: pem, ca, requestCert: wantsClient, rejectUnauthorized: wantsClient };
}
