import { expect, test } from 'vitest';
import { exposedPorts, knownSignal } from './metadata-values.ts';

test.each([
  ['80', ['80/tcp']],
  ['53/UDP', ['53/udp']],
  ['9/', ['9/tcp']],
  ['7000-7002/sctp', ['7000/sctp', '7001/sctp', '7002/sctp']],
  ['5-5', ['5/tcp']],
  ['8080:80', ['80/tcp']],
  [':80', ['80/tcp']],
  ['127.0.0.1:8080:80/udp', ['80/udp']],
  ['127.0.0.1::80', ['80/tcp']],
  ['[::1]:8080:80', ['80/tcp']],
  ['::1:8080:80', ['80/tcp']],
  ['8000-9000:80', ['80/tcp']],
  ['10-11:20-21', ['20/tcp', '21/tcp']],
])('EXPOSE %s', (text, ports) => expect(exposedPorts(text)).toEqual(ports));

test.each([
  '',
  '/tcp',
  'http',
  '80/http',
  '80/tcp/x',
  '2-1',
  '65536',
  '80-',
  '-80',
  '1-2:80-82',
  'x:80',
  'a.b:1:80',
])('EXPOSE %s is refused', text => expect(() => exposedPorts(text)).toThrow('is not a port to expose'));

test.each(['SIGTERM', 'term', '9', '37', 'SIGRTMIN+15', 'RTMAX-14', 'SIGUSR1'])('STOPSIGNAL %s', text =>
  expect(knownSignal(text)).toBe(text),
);

test.each(['', '0', 'SIG', 'SIGNAL', 'SIGRTMIN+16', 'RTMAX-15', 'RTMIN-1', '1.5'])(
  'STOPSIGNAL %s is refused',
  text => expect(() => knownSignal(text)).toThrow('is no signal'),
);
