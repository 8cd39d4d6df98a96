/**
 * Commands that tell of the hosts that a request was tried on. Envoy keeps those of the latest try, which has one host here:
 * the one that it has reached.
 */
import { ipOf } from '../common/address-text.js';
import type { StreamInfo } from '../common/stream-info.js';
import type { CommandRules } from './format-commands.js';

const attempted = (textOf: (info: StreamInfo) => string | number | undefined): CommandRules => ({
  argument: 'none',
  length: false,
  make: () => (info) => (info.upstreamConnectionId === undefined ? undefined : textOf(info)),
});

/** A name may have a port. */
export function nameWithoutPort(name: string): string {
  return /^(.+):\d+$/.exec(name)?.[1] ?? name;
}

export const attemptCommands: Readonly<Record<string, CommandRules>> = {
  UPSTREAM_HOSTS_ATTEMPTED: attempted(({ upstreamHost }) => upstreamHost),
  UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT: attempted(({ upstreamHost }) => ipOf(upstreamHost)),
  UPSTREAM_HOST_NAMES_ATTEMPTED: attempted(({ upstreamHostName }) => upstreamHostName),
  UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT: attempted(({ upstreamHostName }) =>
    nameWithoutPort(upstreamHostName ?? ''),
  ),
  UPSTREAM_CONNECTION_IDS_ATTEMPTED: attempted(({ upstreamConnectionId }) => String(upstreamConnectionId)),
};
