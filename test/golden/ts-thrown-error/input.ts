import { bootstrap } from 'envoy3';

function missing(): never {
  throw new Error('no such tenant');
}

export default bootstrap({ listeners: missing() });
