// An image's tests, in the format of container-structure-test.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, serveFiles, startServers, type Servers, type World } from './world.ts';

let world: World;
let servers: Servers;

const dockerfile = () => `FROM tiny:1
ENV MODE=strict PATH=/bin
RUN wget -q -O /etc/motd ${servers.urls.files}/motd && chmod 640 /etc/motd && chown 1000:1000 /etc/motd
RUN printf '#!/bin/sh\\necho "hello $1"\\n' >/bin/greet && chmod 755 /bin/greet && ln -s greet /bin/hi
LABEL org.test.kind=sample
EXPOSE 80
VOLUME /data
WORKDIR /home/app
USER app
ENTRYPOINT ["/bin/greet"]
`;

const good = `schemaVersion: "2.0.0"
globalEnvVars:
  - {key: WHO, value: "$MODE-reader"}
commandTests:
  - name: greets
    command: greet
    args: [you]
    expectedOutput: ["^hello you", "(?i)HELLO"]
    excludedOutput: [bye]
  - name: sees what its setup made
    setup: [[sh, -c, "echo made >/tmp/made"]]
    command: sh
    args: [-c, 'cat /tmp/made; echo "$WHO" >&2; exit 3']
    exitCode: 3
    expectedOutput: [made]
    expectedError: ["^strict-reader"]
  - name: has no network
    command: ls
    args: [/sys/class/net]
    excludedOutput: [eth]
fileExistenceTests:
  - {name: motd, path: /etc/motd, permissions: "-rw-r-----", uid: 1000, gid: 1000}
  - {name: greet, path: /bin/greet, isExecutableBy: any}
  - {name: made, path: /tmp/made, shouldExist: false}
fileContentTests:
  - {name: motd, path: /etc/motd, expectedContents: ["welcome"], excludedContents: ["secret"]}
  - {name: through a link, path: /bin/hi, expectedContents: [echo]}
metadataTest:
  envVars: [{key: MODE, value: "^str", isRegex: true}]
  labels: [{key: org.test.kind, value: sample}]
  exposedPorts: ["80"]
  unexposedPorts: ["443"]
  volumes: [/data]
  entrypoint: [/bin/greet]
  cmd: []
  workdir: /home/app
  user: app
serviceTests:
  - name: serves
    command: [httpd, -f, -p, "8080", -h, /etc]
    http: {port: 8080, path: /motd, expectedBody: ["^welcome"]}
  - name: is well by its own words
    command: [sh, -c, "sleep 1; touch /tmp/well; sleep 60"]
    probe: [test, -e, /tmp/well]
`;

const bad = `schemaVersion: "2.0.0"
commandTests:
  - {name: ends well, command: "false"}
  - {name: not there, command: nowhere, exitCode: 127}
fileExistenceTests:
  - {name: owner, path: /etc/motd, uid: 0}
  - {name: none, path: /etc/none}
metadataTest:
  user: root
serviceTests:
  - {name: ends, command: [sh, -c, "echo no >&2; exit 3"], probe: ["false"]}
  - {name: never well, command: [sleep, "60"], probe: ["false"], timeout: 1}
  - {name: another answer, command: [httpd, -f, -p, "8080", -h, /etc], http: {port: 8080, path: /motd, expectedBody: [no]}}
  - {name: nothing to ask, command: [sleep, "60"]}
`;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
  serveFiles(servers, { '/motd': 'welcome\n' });
  await world.write({ Dockerfile: dockerfile(), 'structure-test.yaml': good, 'bad.yaml': bad });
  await world.succeed('lock', servers.addHosts);
});
afterAll(async () => {
  await world.close();
  await servers.close();
});

test('tests that pass', async () => {
  const { stdout } = await world.succeed('test', ['--locked']);
  expect(stdout).toContain('pass  command: greets\n');
  expect(stdout).toMatch(/\n11 passed, 0 failed\n$/);
});

test('tests that fail say what is wrong', async () => {
  const { exit, json } = await world.run('test', ['--json', '--config', `${world.project}/bad.yaml`]);
  expect(exit).toBe(1);
  expect((json as { results: { name: string; problems: string[] }[] }).results).toMatchObject([
    { name: 'ends well', problems: [expect.stringContaining('ended with 1, not 0')] },
    { name: 'not there', problems: [] },
    { name: 'owner', problems: ['the owner is 1000, not 0'] },
    { name: 'none', problems: ['/etc/none is not there'] },
    { name: 'metadata', problems: ['the user is "app", not "root"'] },
    { name: 'ends', problems: ['the service ended before it was well: it ended with 3'] },
    { name: 'never well', problems: ['the service was not well within 1 second: the check gives 1'] },
    { name: 'another answer', problems: [expect.stringContaining('answer does not match no')] },
    { name: 'nothing to ask', problems: [expect.stringContaining('no HEALTHCHECK')] },
  ]);
});

test('an update whose image fails its tests leaves the lock', async () => {
  serveFiles(servers, { '/motd': 'a secret\n' });
  const lock = await world.readLock();
  const failed = await world.run('update', ['--test', ...servers.addHosts]);
  expect(failed.exit, failed.stderr).toBe(1);
  expect(failed.stderr).toContain('TESTS_FAILED');
  expect(failed.stderr).toContain('content matches secret');
  expect(await world.readLock()).toBe(lock);
  serveFiles(servers, { '/motd': 'welcome back\n' });
  const { stdout } = await world.succeed('update', ['--test', ...servers.addHosts]);
  expect(stdout).toContain('11 passed, 0 failed');
  expect(await world.readLock()).not.toBe(lock);
});

test.each([
  ['schemaVersion: "2.0.0"\ncommandTests: [{name: a, command: b, expectedOutput: ["("]}]\n', 'TEST_INVALID'],
  ['schemaVersion: "1.0.0"\n', 'TEST_INVALID'],
  ['schemaVersion: "2.0.0"\nlicenseTests: []\n', 'TEST_INVALID'],
])('a file that is none is refused: %j', async (text, code) => {
  await world.write({ 'other.yaml': text });
  const { exit, stderr } = await world.run('test', ['--config', `${world.project}/other.yaml`]);
  expect(exit).toBe(2);
  expect(stderr).toContain(code);
});
