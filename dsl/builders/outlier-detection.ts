import type { OutlierDetection } from '../types.js';
import type { DurationInput } from './duration.js';
import { duration } from './duration.js';
import { defined } from './extension.js';

/** Of `outlierDetection`. */
export interface OutlierDetectionOptions {
  /** Answers with 5xx in a row (connection failures count) that eject a host; Envoy's default is 5. */
  readonly consecutive5xx?: number;
  /** How long it is ejected the first time, and longer each time; Envoy's default is 30 s. */
  readonly ejectionTime?: DurationInput;
  /** Part of the hosts that may be ejected at once, default 50: Envoy's own 10 never ejects one of less than ten hosts but the first. */
  readonly maxEjectionPercent?: number;
  /** Any other field of `OutlierDetection`; it wins over what the builder sets. */
  readonly raw?: Partial<OutlierDetection>;
}

/** Ejects hosts that fail requests: `strictDns('a', hosts, { outlierDetection: outlierDetection() })`. */
export function outlierDetection(options: OutlierDetectionOptions = {}): OutlierDetection {
  const { consecutive5xx, ejectionTime, maxEjectionPercent = 50, raw } = options;
  return {
    ...defined({
      consecutive_5xx: consecutive5xx,
      base_ejection_time: ejectionTime === undefined ? undefined : duration(ejectionTime),
    }),
    max_ejection_percent: maxEjectionPercent,
    ...raw,
  };
}
