/**
 * Where the edge is, and what clients show and trust.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../runner/envoy3-package.mjs';

const { env } = process;
const folder = join(projectFolder, 'certificates');

export const edgePort = Number(env.EDGE_PORT ?? 8443);
export const truststore = () => readFileSync(env.CLIENT_TRUSTSTORE ?? join(folder, 'truststore.pem'));

/** The certificate and key of a client; undefined unless MTLS is on. */
export const clientPem = () =>
  /^(?:true|1|yes|on)$/i.test(env.MTLS ?? '')
    ? readFileSync(env.CLIENT_CERTIFICATE ?? join(folder, 'client.pem'))
    : undefined;
