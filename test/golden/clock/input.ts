import { bootstrap } from 'envoy3';

const id = `proxy-${Date.now()}`;

export default bootstrap({ node: { id, cluster: 'front' }, listeners: [] });
