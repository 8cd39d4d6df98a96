/**
 * Sessions that a server keeps itself, for clients that get no tickets (`disable_stateless_session_resumption`). Of TLS
 * 1.2 and older, as in Envoy.
 */
import type { Server } from 'node:tls';
import { derChildren, readDer } from '../network/tls/der.js';

/** BoringSSL's size of such a store. */
const maxSessions = 20 * 1024;

const tls13 = Buffer.from([0x03, 0x04]);

/** The second field of OpenSSL's `SSL_SESSION` is the version. */
function isTls13(session: Buffer): boolean {
  try {
    return derChildren(readDer(session).content)[1]?.content.equals(tls13) ?? true;
  } catch {
    return true;
  }
}

export class SessionStore {
  /** By id; the oldest one comes first. */
  private readonly sessions = new Map<string, Buffer>();

  serve(server: Server): void {
    server.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
      this.keep(id, session);
      done();
    });
    server.on('resumeSession', (id: Buffer, done: (error: Error | null, session: Buffer | null) => void) => {
      done(null, this.sessions.get(id.toString('latin1')) ?? null);
    });
  }

  private keep(id: Buffer, session: Buffer): void {
    if (isTls13(session)) return;
    this.sessions.set(id.toString('latin1'), session);
    if (this.sessions.size <= maxSessions) return;
    const [oldest] = this.sessions.keys();
    if (oldest !== undefined) this.sessions.delete(oldest);
  }
}
