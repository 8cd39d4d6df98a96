import type { CreateHostPicker } from './host-picker.js';

/** `RANDOM`: any host, whatever its weight, as in Envoy. @param random of [0, 1) */
export function randomPicker(random: () => number): CreateHostPicker {
  return (hosts) => ({ pick: () => hosts[Math.floor(random() * hosts.length)] });
}
