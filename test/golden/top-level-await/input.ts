import { bootstrap } from 'envoy3';

const id = await Promise.resolve('proxy');

export default bootstrap({ node: { id, cluster: 'front' }, listeners: [] });
