import { expect, it } from 'vitest';
import { refusedPorts } from './refused-ports.ts';

it.each([
  [
    'curl',
    'curl: (7) Failed to connect to host.test port 7443 after 1 ms: Couldn’t connect to server',
    [7443],
  ],
  ['wget', 'Connecting to host.test (host.test)|198.18.0.5|:7443... failed: Connection refused.', [7443]],
  ['busybox', "wget: can't connect to remote host (198.18.0.5): Connection refused", []],
  ['apt', '  Could not connect to host.test:7443 (198.18.0.5). - connect (111: Connection refused)', [7443]],
  [
    'npm',
    'npm error FetchError: request to http://host.test:7443/a failed, reason: connect ECONNREFUSED',
    [7443],
  ],
  [
    'pip',
    "WARNING: Retrying … HTTPConnectionPool(host='host.test', port=7443): … [Errno 111] Connection refused",
    [7443],
  ],
  [
    'git',
    "fatal: unable to access 'https://host.test:7443/r/': Failed to connect to host.test port 7443",
    [7443],
  ],
  ['a port that is served', 'Failed to connect to host.test port 443: Connection refused', []],
  ['a server of the step itself', 'connect ECONNREFUSED 127.0.0.1:5432', []],
  ['a line about something else', 'compiled main.c:1234 in 5 s', []],
])('ports that could not be connected to, as told by: %s', (_, line, ports) => {
  expect(refusedPorts([line], [80, 443])).toEqual(ports);
});
