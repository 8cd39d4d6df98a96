// @ts-nocheck: Node's types are in sight of the editor
import { bootstrap } from 'envoy3';

async function services(): Promise<string> {
  const reply = await fetch('http://consul:8500/v1/catalog/services');
  return reply.text();
}

export default services().then((id) => bootstrap({ node: { id, cluster: 'front' }, listeners: [] }));
