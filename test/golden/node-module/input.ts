import { readFileSync } from 'node:fs';
import { bootstrap } from 'envoy3';

export default bootstrap({ node: { id: readFileSync('id', 'utf8'), cluster: 'front' }, listeners: [] });
