import { bootstrap, readFile } from 'envoy3';

export default bootstrap({ node: { id: readFile('no-such-file.txt'), cluster: 'front' }, listeners: [] });
