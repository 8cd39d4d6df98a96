import { bootstrap } from 'envoy3';

export const config = bootstrap({ listeners: [] });
