/** The time between two moments of a request. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFormat } from '../../../runtime/access-log/formatter.js';
import { asksForTimings } from '../../../runtime/access-log/timing-commands.js';
import { createStreamTimings } from '../../../runtime/common/stream-timings.js';
import { streamInfoOf } from '../../support/stream-info.js';

const timings = {
  ...createStreamTimings(),
  lastDownstreamRx: 1.5,
  poolReady: 2.25,
  firstUpstreamTx: 2.5,
  lastUpstreamTx: 3,
  firstUpstreamRx: 10.125,
  firstDownstreamTx: 11,
};
const log = (format: string, info = streamInfoOf({ timings })): string => compileFormat(format)(info);

test('between two moments, in the unit that is asked for', () => {
  assert.is(log('%COMMON_DURATION(DS_RX_BEG:DS_RX_END)%'), '1');
  assert.is(log('%COMMON_DURATION(US_TX_END:US_RX_BEG:us)%'), '7125');
  assert.is(log('%COMMON_DURATION(DS_RX_BEG:DS_TX_BEG:ns)%'), '11000000');
  assert.is(log('%REQUEST_TX_DURATION% %UPSTREAM_CONNECTION_POOL_READY_DURATION%'), '3 2');
});

test('moments that have not come, come in the wrong order, or do not exist', () => {
  assert.is(log('%COMMON_DURATION(DS_RX_BEG:DS_TX_END)%'), '-');
  assert.is(log('%COMMON_DURATION(DS_TX_BEG:DS_RX_BEG)%'), '-');
  assert.is(log('%COMMON_DURATION(DS_RX_BEG:NOPE)%'), '-');
  assert.is(log('%COMMON_DURATION(DS_RX_BEG:DS_RX_END)%', streamInfoOf()), '-');
});

test('a configuration asks for moments, or does not', () => {
  assert.ok(asksForTimings('{"text":"%COMMON_DURATION(A:B)%"}'));
  assert.ok(asksForTimings('%REQUEST_TX_DURATION%'));
  assert.not(asksForTimings('%DURATION% %RESPONSE_TX_DURATION%'));
});

test.run();
