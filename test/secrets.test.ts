import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  makeWorld,
  printedImage,
  startServers,
  withoutNetwork,
  type RunResult,
  type Servers,
  type World,
} from './world.ts';

/** What must appear nowhere. Each is checked to have reached the server, so that the test can fail. */
const secrets = {
  password: 'hunter2-basic',
  bearer: 'tok-bearer-1234567',
  header: 'glpat-private-890',
  query: 'tok-query-abcdef',
  signature: 'sig-amz-0123456789abcdef',
  cookie: 'session-cookie-fedcba',
  post: 'client-secret-of-a-form',
};

const basic = Buffer.from(`kelp:${secrets.password}`).toString('base64');

let world: World;
let servers: Servers;
let seen: string;
let locked: RunResult;
beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
  const { files, urls } = servers;
  const { host } = new URL(urls.files);
  const page = (path: string, answer: Parameters<typeof files.pages.set>[1]) => files.pages.set(path, answer);
  page('/basic', ({ headers }, response) => {
    if (headers.authorization === `Basic ${basic}`) response.end('behind a password\n');
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="forest"' }).end('who are you\n');
  });
  page('/bearer', ({ headers }, response) => {
    response
      .writeHead(headers.authorization === `Bearer ${secrets.bearer}` ? 200 : 403)
      .end('for the bearer\n');
  });
  page('/header', ({ headers }, response) => {
    response.writeHead(headers['private-token'] === secrets.header ? 200 : 403).end('for the owner\n');
  });
  page('/query', ({ url = '' }, response) => {
    response.writeHead(url.includes(`token=${secrets.query}`) ? 200 : 403).end('for the token\n');
  });
  page('/release', (_request, response) => {
    const location = `/cdn/tool?X-Amz-Expires=60&X-Amz-Signature=${secrets.signature}`;
    response.writeHead(302, { location }).end(`<a href="${location}">moved</a>`);
  });
  page('/cdn/tool', ({ url = '' }, response) => {
    response.writeHead(url.includes(secrets.signature) ? 200 : 403).end('signed bytes\n');
  });
  page('/login', (_request, response) => {
    response.setHeader('set-cookie', `sid=${secrets.cookie}; Path=/; HttpOnly`);
    response.end('welcome\n');
  });
  page('/after-login', ({ headers }, response) => {
    response.writeHead(headers.cookie === `sid=${secrets.cookie}` ? 200 : 403).end('for a visitor\n');
  });
  page('/form', (_request, response) => response.end('thank you\n'));
  // Secrets come in from files of the context and from what the server says, as in real builds; those that a Dockerfile
  // spells out are in its history by its author's will.
  await world.write({
    ...Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`secrets/${name}`, value])),
    Dockerfile: `FROM tiny:1 AS fetch
COPY secrets /secrets
RUN wget -qO /1 "http://kelp:$(cat /secrets/password)@${host}/basic"
RUN wget -qO /2 --header "Authorization: Bearer $(cat /secrets/bearer)" ${urls.files}/bearer
RUN wget -qO /3 --header "Private-Token: $(cat /secrets/header)" ${urls.files}/header
RUN wget -qO /4 "${urls.files}/query?a=1&token=$(cat /secrets/query)&b=2"
RUN wget -qO /5 ${urls.files}/release
RUN wget -qSO /6 ${urls.files}/login 2>/tmp/headers && wget -qO /7 --header "Cookie: sid=$(cat /secrets/cookie)" ${urls.files}/after-login
RUN wget -qO /8 --post-data "client_secret=$(cat /secrets/post)" ${urls.files}/form
FROM tiny:1
COPY --from=fetch /1 /2 /3 /4 /5 /6 /7 /8 /got/
`,
  });
  locked = await world.succeed('lock', servers.addHosts);
  seen = JSON.stringify(files.requests);
});
afterAll(async () => {
  await servers.close();
  await world.close();
});

test('every secret was really used', () => {
  for (const value of [basic, ...Object.values(secrets).slice(1)]) expect(seen).toContain(value);
});

test('none is in the lock, in a recording, in an answer’s body or in what was printed', async () => {
  const blobs = join(world.store, 'blobs', 'sha256');
  const texts = new Map([
    ['the lock', await world.readLock()],
    ['stdout', locked.stdout],
    ['stderr', locked.stderr],
  ]);
  for (const name of await readdir(blobs)) {
    // Layers are packed: the one that COPY made holds the secrets, which its author put there.
    texts.set(name, await readFile(join(blobs, name), 'latin1'));
  }
  for (const [where, text] of texts)
    for (const secret of [basic, ...Object.values(secrets)])
      expect(text.includes(secret), `${secret} is in ${where}`).toBe(false);
  expect([...texts.values()].some(text => text.startsWith('{"asOf"'))).toBe(true);
});

test('a step that fails prints none either', async () => {
  const failing = await makeWorld();
  await failing.tinyBase();
  await failing.write({
    secret: secrets.query,
    Dockerfile: `FROM tiny:1\nCOPY secret /\nRUN wget -qO /x "${servers.urls.files}/unavailable?status=404&token=$(cat /secret)"; wget -qO /y "${servers.urls.files}/nowhere?token=$(cat /secret)"\n`,
  });
  for (const args of [servers.addHosts, [...servers.addHosts, '--json']]) {
    const { exit, stdout, stderr } = await failing.run('lock', args);
    expect(exit).toBe(6);
    expect(stdout + stderr).not.toContain(secrets.query);
  }
  await failing.close();
});

test('replayed without a network, from the same secrets, the image is the same', async () => {
  await world.emptyCache();
  const before = servers.requestCount();
  const replayed = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  expect(printedImage(replayed)).toBe(printedImage(locked));
  expect(servers.requestCount()).toBe(before);
  for (const secret of [basic, ...Object.values(secrets)])
    expect(replayed.stdout + replayed.stderr).not.toContain(secret);
});
