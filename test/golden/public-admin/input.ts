import { admin, bootstrap } from 'envoy3';

export default bootstrap({ admin: admin({ address: '0.0.0.0' }), listeners: [] });
