import { bootstrap } from 'envoy3';

export default bootstrap({
  listeners: [],
  raw: { node: { id: 'a', cluster: 'b', metadata: { started: new Map(), check: () => true } } },
});
