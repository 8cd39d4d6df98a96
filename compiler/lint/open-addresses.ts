/**
 * Listeners that others than this machine can reach.
 */
import { isIP } from 'node:net';
import type { BootstrapView, Message } from '../check/bootstrap-view.js';
import { textAt } from '../check/bootstrap-view.js';
import { listenerType, managerType } from './message-names.js';

/** 127.0.0.0/8, `::1`, and IPv4 loopback written as IPv6. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return /^127(?:\.\d{1,3}){3}$/.test(plain) || /^(?:0{0,4}:){2,7}0{0,3}1$/.test(plain);
}

/** An IP address that is not loopback. Names, UNIX sockets and internal listeners are none. */
export function isOpen(address: string): boolean {
  return isIP(address) !== 0 && !isLoopback(address);
}

function addressOf(listener: Message): string {
  return textAt(listener.at('address').at('socket_address').value.address);
}

/** A listener that takes connections from clients, not outbound traffic of this machine. */
export function isOpenListener(listener: Message): boolean {
  return isOpen(addressOf(listener)) && listener.value.traffic_direction !== 'OUTBOUND';
}

export function openListeners(view: BootstrapView): Message[] {
  return view.listeners.filter(isOpenListener);
}

/** HTTP connection managers of open listeners. */
export function openManagers(view: BootstrapView): Message[] {
  return view.all(managerType).filter((manager) => {
    const listener = manager.within(listenerType);
    return listener !== undefined && isOpenListener(listener);
  });
}
