import { bootstrap } from 'envoy3';

for (;;) {
  // Nothing ends this.
}

export default bootstrap({ listeners: [] });
