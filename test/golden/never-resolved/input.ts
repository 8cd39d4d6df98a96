import { bootstrap } from 'envoy3';

const settings = new Promise<number>(() => {});

export default settings.then(() => bootstrap({ listeners: [] }));
