import { bootstrap } from 'envoy3';
import { clusters } from './clusters';

export default bootstrap({ listeners: [], clusters });
