import type { ResponseFlag } from '../../../common/stream-info.js';
import type { ResetReason } from '../../../http/codec.js';
import type { PoolFailureReason } from '../../../upstream/connection-pool/connection-pool.js';

/** `streamResetReasonToResponseFlag` of Envoy. */
export const flagOfReset: Readonly<Record<ResetReason | PoolFailureReason, ResponseFlag>> = {
  'local reset': 'LR',
  'remote reset': 'UR',
  'remote refused stream reset': 'UR',
  'connection termination': 'UC',
  'protocol error': 'UPE',
  'http1 premature upstream half close': 'UC',
  overflow: 'UO',
  'remote connection failure': 'UF',
  'local connection failure': 'UF',
  'connection timeout': 'UF',
};
