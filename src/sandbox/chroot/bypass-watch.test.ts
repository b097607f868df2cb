import { expect, test } from 'vitest';
import { foreignConnections } from './bypass-watch.ts';

const heading =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line = (remote: string, state: string, uid = 0, inode = 1) =>
  `   0: 0100007F:1F90 ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 0 100 0 0 10 0\n`;

test('open connections to other machines', () => {
  const table = heading + line('22D8B85D:01BB', '01', 42, 7) + line('0100007F:0050', '01');
  expect(foreignConnections(table)).toEqual([{ remote: '93.184.216.34:443', uid: 42, inode: '7' }]);
});

test.each([
  ['listening', '00000000:0000', '0A'],
  ['being tried', '22D8B85D:01BB', '02'],
  ['over', '22D8B85D:01BB', '06'],
  ['the loopback', '0100407F:0035', '01'],
  ['the loopback of IPv6', '00000000000000000000000001000000:0050', '01'],
  ['the loopback within IPv6', '0000000000000000FFFF00000100007F:0050', '01'],
])('not what is %s', (_, remote, state) => {
  expect(foreignConnections(heading + line(remote, state))).toEqual([]);
});

test.each([
  ['0000000000000000FFFF000022D8B85D:01BB', '93.184.216.34:443'],
  ['B80D0120000000000000000001000000:0016', '[2001:db8:0:0:0:0:0:1]:22'],
])('addresses of IPv6: %s', (remote, text) => {
  expect(foreignConnections(heading + line(remote, '01')).map(one => one.remote)).toEqual([text]);
});
