/**
 * The authorities and certificates of the suite `tls-parity`, made by `openssl` when it runs: a root, an authority below
 * it, servers with keys of both kinds, a client with every kind of name, one that is revoked, revocation lists, an OCSP
 * response, a PKCS #12 file.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const config = `
[req]
distinguished_name=dn
[dn]
[authority]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[database]
database=index.txt
serial=serial.txt
crlnumber=crlnumber.txt
default_md=sha256
default_crl_days=3000
[server]
subjectAltName=DNS:one.example,DNS:*.wild.example,URI:spiffe://srv/one,URI:https://srv.example/one,IP:127.0.0.1,IP:::1,email:a@one.example,otherName:1.2.3.4;UTF8:other
[two]
subjectAltName=DNS:two.example
[client]
subjectAltName=URI:spiffe://td/ab,URI:https://x/y;z=q,DNS:client.example,DNS:c2.example,email:me@client.example,IP:10.1.2.3,otherName:1.2.3.4;UTF8:oname
[revoked]
subjectAltName=DNS:evil.example
`;

const rsa = ['-newkey', 'rsa:2048'];
const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** A folder with them; files are named after what they are, e.g. `server-chain.pem`, `server.key`. */
export class TlsCertificates {
  readonly folder: string;

  /** @param folder an empty one */
  constructor(folder: string) {
    this.folder = folder;
    writeFileSync(join(folder, 'openssl.cnf'), config);
    this.openssl(
      'req',
      '-x509',
      ...rsa,
      '-nodes',
      ...['-keyout', 'root.key', '-out', 'root.pem', '-days', '3650', '-subj', '/CN=Root CA/O=Org'],
      ...['-config', 'openssl.cnf', '-extensions', 'authority'],
    );
    this.leaf('inter', '/CN=Inter', 'authority', 'root', ec);
    this.leaf('server', '/CN=one.example/O=Rsa', 'server', 'inter', rsa);
    this.leaf('server-ec', '/CN=one.example/O=Ecdsa', 'server', 'inter', ec);
    this.leaf('two', '/CN=two.example', 'two', 'root', rsa);
    this.leaf('client', '/C=DE/ST=B, "x"/O=Ünï;c=o/CN=me+UID=7', 'client', 'inter', rsa);
    this.leaf('revoked', '/CN=evil', 'revoked', 'root', ec);
    for (const name of ['server', 'server-ec', 'client'])
      this.join(`${name}-chain.pem`, `${name}.pem`, 'inter.pem');
    writeFileSync(join(folder, 'index.txt'), '');
    writeFileSync(join(folder, 'crlnumber.txt'), '01\n');
    const ca = [
      'ca',
      '-config',
      'openssl.cnf',
      '-name',
      'database',
      '-keyfile',
      'root.key',
      '-cert',
      'root.pem',
    ];
    this.openssl(...ca, '-revoke', 'revoked.pem');
    this.openssl(...ca, '-gencrl', '-out', 'root.crl');
    this.openssl(
      ...['ca', '-config', 'openssl.cnf', '-name', 'database', '-gencrl'],
      ...['-keyfile', 'inter.key', '-cert', 'inter.pem', '-out', 'inter.crl'],
    );
    this.join('all.crl', 'root.crl', 'inter.crl');
    this.ocspResponse();
    this.openssl(
      ...['pkcs12', '-export', '-in', 'server-chain.pem', '-inkey', 'server.key'],
      ...['-passout', 'pass:secret', '-out', 'server.p12'],
    );
    for (const name of ['ticket-1.key', 'ticket-2.key']) writeFileSync(join(folder, name), randomBytes(80));
  }

  private openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' });
  }

  private join(name: string, ...parts: readonly string[]): void {
    writeFileSync(join(this.folder, name), parts.map((part) => this.text(part)).join(''));
  }

  private leaf(
    name: string,
    subject: string,
    extensions: string,
    issuer: string,
    key: readonly string[],
  ): void {
    this.openssl(
      ...['req', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject],
      ...['-config', 'openssl.cnf', '-utf8', '-multivalue-rdn'],
    );
    this.openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`],
      ...['-CAcreateserial', '-days', '1000', '-out', `${name}.pem`],
      ...['-extfile', 'openssl.cnf', '-extensions', extensions],
    );
  }

  private ocspResponse(): void {
    this.openssl(
      ...['ocsp', '-issuer', 'inter.pem', '-cert', 'server.pem', '-no_nonce', '-reqout', 'request.der'],
    );
    this.openssl(
      ...['ocsp', '-index', 'index.txt', '-CA', 'inter.pem', '-reqin', 'request.der', '-ndays', '1000'],
      ...['-rsigner', 'inter.pem', '-rkey', 'inter.key', '-respout', 'server.ocsp'],
    );
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  text(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** @returns the path of the file that is written */
  write(name: string, content: string): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  /** A `DataSource`. */
  file(name: string): { readonly filename: string } {
    return { filename: this.path(name) };
  }

  /** A `TlsCertificate`. */
  pair(chain: string, key: string, more: object = {}): object {
    return { certificate_chain: this.file(chain), private_key: this.file(key), ...more };
  }
}
