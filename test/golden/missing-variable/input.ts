import { bootstrap, env } from 'envoy3';

export default bootstrap({ node: { id: env('NODE_ID'), cluster: 'front' }, listeners: [] });
