import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startAdmin } from './fake-host.js';

test('/certs shows names and the days that are left', async () => {
  const pem = await generate([{ name: 'commonName', value: 'x' }], {
    notBeforeDate: new Date(Date.UTC(2026, 0, 1)),
    notAfterDate: new Date(Date.UTC(2026, 1, 10, 13)),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'a.example' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const { server, get, clock } = await startAdmin({
    certificates: () => [
      {
        trustedAuthorities: [],
        certificates: [{ path: '/c.pem', certificate: pem.cert }],
      },
    ],
  });
  const shown = JSON.parse((await get('/certs')).body);
  const [first] = shown.certificates[0].cert_chain;
  assert.match(first.serial_number, /^[0-9a-f]+$/);
  assert.equal(
    { ...first, serial_number: '' },
    {
      path: '/c.pem',
      serial_number: '',
      subject_alt_names: [{ dns: 'a.example' }, { ip_address: '127.0.0.1' }],
      days_until_expiration: '10',
      valid_from: '2026-01-01T00:00:00Z',
      expiration_time: '2026-02-10T13:00:00Z',
    },
  );
  assert.equal(shown.certificates[0].ca_cert, []);
  clock.advance(100 * 86_400_000);
  const later = JSON.parse((await get('/certs')).body);
  assert.is(later.certificates[0].cert_chain[0].days_until_expiration, '0');
  await server.close();
});

test.run();
