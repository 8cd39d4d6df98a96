import { bootstrap, staticCluster } from 'envoy3';

export default bootstrap({
  listeners: [],
  clusters: [staticCluster('web', ['10.0.0.1'])],
});
