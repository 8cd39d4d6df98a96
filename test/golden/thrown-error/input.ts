import { bootstrap, httpListener, route, strictDns, virtualHost } from 'envoy3';

function servicesOf(text: string): string[] {
  const names = text.split(',').filter((name) => name !== '');
  if (names.length === 0) throw new Error('there are no services');
  return names;
}

const clusters = servicesOf('').map((name) => strictDns(name, [`${name}:80`]));

export default bootstrap({ listeners: [], clusters });
