import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, startServers, type Servers, type World } from './world.ts';

let world: World;
let servers: Servers;
beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
  servers.files.pages.set('/page', (_request, response) => response.end('from the server\n'));
  await world.write({
    Dockerfile: `FROM tiny:1
RUN echo lower > /lower
ENV NAME=value
WORKDIR /work
USER app
RUN --mount=type=secret,id=s,uid=1000 --mount=type=cache,target=/c,mode=777 echo left > /tmp/left; echo kept > /c/kept; : ${servers.urls.files}; exit 3
`,
  });
});
afterAll(async () => {
  await servers.close();
  await world.close();
});

const args = () => [...servers.addHosts, '--secret', 'id=s,env=SECRET', '--shell-on-failure'];
const env = { SECRET: 'a-secret-word', TERM: 'dumb' };

test('at a terminal, a failed step gives a shell that finds all as the step left it', async () => {
  const { exit, stdout } = await world.run('lock', args(), {
    env,
    // A terminal of script(1)'s making, and what is typed into it.
    through: ['sh', '-c', 'exec script --quiet --return --command "$*" /dev/null', 'sh'],
    stdin: `cat /lower /tmp/left /c/kept; echo $NAME; pwd; id -u; wc -c < /run/secrets/s
wget -qO- ${servers.urls.files}/page; [ -t 0 ] && echo terminal; echo x > /tmp/x && cat /tmp/x
ls /proc | grep -c '^[0-9]'; exit 7
`,
  });
  const plain = stdout.replaceAll('\r', '');
  expect(plain).toContain('stage-0 5/5 failed. This is a shell in it');
  for (const text of ['lower\nleft\nkept\nvalue\n/work\n1000\n13\n', 'from the server\nterminal\nx\n'])
    expect(plain).toContain(text);
  expect(plain).toContain('STEP_FAILED');
  expect(plain).toContain('ended with exit code 3');
  expect(exit).toBe(6);
});

test('without a terminal the error says how to get one', async () => {
  const { exit, stderr } = await world.run('lock', args(), { env });
  expect(exit).toBe(6);
  expect(stderr).not.toContain('This is a shell');
  expect(stderr).toMatch(/next: .*--shell-on-failure.*terminal/);
});
