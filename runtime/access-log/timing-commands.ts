/**
 * Commands that tell the time between two moments of a request: `%COMMON_DURATION(...)%` and those that are short for one.
 * The moments are kept only where some format asks for them (`asksForTimings`).
 */
import type { StreamInfo } from '../common/stream-info.js';
import type { StreamTimings } from '../common/stream-timings.js';
import { ConfigError } from '../network/filter.js';
import type { CommandRules } from './format-commands.js';

type Moment = (timings: StreamTimings) => number | undefined;

const moments: Readonly<Record<string, Moment>> = {
  DS_RX_BEG: () => 0,
  DS_RX_END: ({ lastDownstreamRx }) => lastDownstreamRx,
  US_TX_BEG: ({ firstUpstreamTx }) => firstUpstreamTx,
  US_TX_END: ({ lastUpstreamTx }) => lastUpstreamTx,
  US_RX_BEG: ({ firstUpstreamRx }) => firstUpstreamRx,
  US_RX_END: ({ lastUpstreamRx }) => lastUpstreamRx,
  DS_TX_BEG: ({ firstDownstreamTx }) => firstDownstreamTx,
  DS_TX_END: ({ lastDownstreamTx }) => lastDownstreamTx,
};

/** Moments that Envoy has and nobody keeps here. */
const onlyInEnvoy: ReadonlySet<string> = new Set(['US_CX_BEG', 'US_CX_END', 'US_HS_END', 'US_RX_BODY_BEG']);

/** How many of the unit a millisecond has. */
const units: Readonly<Record<string, number>> = { ms: 1, us: 1000, ns: 1_000_000 };

/** What is no moment of a request may be one that an extension of Envoy sets: it never comes here. */
function momentOf(name: string): Moment {
  if (onlyInEnvoy.has(name)) throw new ConfigError(`${name} of COMMON_DURATION needs real Envoy`, [], true);
  return (Object.hasOwn(moments, name) ? moments[name] : undefined) ?? (() => undefined);
}

const commonDuration: CommandRules = {
  argument: 'required',
  length: false,
  make(argument) {
    const parts = argument.split(':');
    const [first = '', last = '', unit = 'ms'] = parts;
    if (parts.length < 2 || parts.length > 3) {
      throw new ConfigError(
        `Invalid common duration configuration. Usage: <start>:<end>[:<precision>], given: ${argument}`,
      );
    }
    const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (factor === undefined) throw new ConfigError(`Invalid common duration precision: ${unit}.`);
    const begin = momentOf(first);
    const end = momentOf(last);
    return ({ timings }) => {
      if (timings === undefined) return undefined;
      const from = begin(timings);
      const to = end(timings);
      return from === undefined || to === undefined || to < from
        ? undefined
        : Math.floor((to - from) * factor);
    };
  },
};

const sinceStart = (moment: Moment): CommandRules => ({
  argument: 'none',
  length: false,
  make:
    () =>
    ({ timings }: StreamInfo) => {
      const at = timings === undefined ? undefined : moment(timings);
      return at === undefined ? undefined : Math.floor(at);
    },
});

export const timingCommands: Readonly<Record<string, CommandRules>> = {
  COMMON_DURATION: commonDuration,
  REQUEST_TX_DURATION: sinceStart(({ lastUpstreamTx }) => lastUpstreamTx),
  UPSTREAM_CONNECTION_POOL_READY_DURATION: {
    argument: 'none',
    length: false,
    make:
      () =>
      ({ timings }) =>
        timings?.poolReady === undefined ? undefined : Math.floor(timings.poolReady),
  },
};

/** Whether some format of a configuration tells a time that is not kept otherwise. @param config as JSON */
export function asksForTimings(config: string): boolean {
  return Object.keys(timingCommands).some((name) => config.includes(`%${name}`));
}
