import { bootstrap } from 'envoy3';

let port = 1;
while (port > 0) port += 2;

export default bootstrap({ listeners: [] });
