import { bootstrap } from 'envoy3';

export default bootstrap({ node: { id: `proxy-${Math.random()}`, cluster: 'front' }, listeners: [] });
