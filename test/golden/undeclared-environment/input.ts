import { bootstrap } from 'envoy3';

export default bootstrap({ node: { id: process.env.HOSTNAME, cluster: 'front' }, listeners: [] });
