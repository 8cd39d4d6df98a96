import { connect } from 'node:net';
import type { ProbeResult } from './start-probing.js';

/** Passing when a connection comes about. @returns a function that cancels it */
export function probeTcp(
  { host, port }: { readonly host: string; readonly port: number },
  done: (result: ProbeResult) => void,
): () => void {
  const socket = connect({ host, port });
  let open = true;
  const finish = (result: ProbeResult): void => {
    if (!open) return;
    open = false;
    socket.destroy();
    done(result);
  };
  socket.on('connect', () => finish({ status: 'passing', output: `TCP connect ${host}:${port}: Success` }));
  socket.on('error', ({ message }) => finish({ status: 'critical', output: message }));
  return () => {
    open = false;
    socket.destroy();
  };
}
