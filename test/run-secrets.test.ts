import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeWorld,
  printedImage,
  startServers,
  withoutNetwork,
  type RunResult,
  type Servers,
  type World,
} from './world.ts';

const run = promisify(execFile);

/** What must appear nowhere. */
const secrets = {
  file: 'file-secret-5b2c1f8e',
  variable: 'variable-secret-91d0',
  named: 'named-secret-77aa31',
  line: 'second-line-of-a-secret',
};

/** All files below a directory, layers unpacked. */
async function contents(directory: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    found.set(path, (packed ? gunzipSync(bytes) : bytes).toString('latin1'));
  }
  return found;
}

async function expectNowhere(world: World, results: readonly RunResult[]): Promise<void> {
  const texts = new Map([...(await contents(world.home)), ['the lock', await world.readLock()]]);
  for (const [n, { stdout, stderr }] of results.entries()) texts.set(`output ${n}`, stdout + stderr);
  expect([...texts.keys()].some(path => path.includes('/steps/'))).toBe(true);
  for (const [where, text] of texts)
    for (const secret of Object.values(secrets))
      expect(text.includes(secret), `${secret} is in ${where}`).toBe(false);
}

let world: World;
let servers: Servers;
let options: string[];
beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
  await writeFile(join(world.root, 'secret'), secrets.file);
  await writeFile(join(world.root, 'lines'), `[section]\nname\n${secrets.line}\n`);
  options = [
    ...servers.addHosts,
    `--secret=id=mysecret,src=${join(world.root, 'secret')}`,
    `--secret=id=lines,src=${join(world.root, 'lines')}`,
    '--secret=id=named,env=OTHER_NAME',
    '--secret=id=VARIABLE',
  ];
});
afterAll(async () => {
  await servers.close();
  await world.close();
});
const env = { OTHER_NAME: secrets.named, VARIABLE: secrets.variable };
const lock = (args: readonly string[] = []) => world.run('lock', [...options, ...args], { env });

test('a step gets its secrets, and they are nowhere afterwards', async () => {
  servers.files.pages.set('/', (_request, response) => response.end('thanks\n'));
  servers.files.pages.set(`/hidden/${secrets.file}`, (_request, response) => response.end('found\n'));
  await world.write({
    Dockerfile: `FROM tiny:1
ENV SECRET_ENV=foo
RUN --mount=type=secret,id=mysecret [ "$(cat /run/secrets/mysecret)" = ${secrets.file.slice(0, -4)}$(printf 1f8e) ]
RUN [ ! -e /run/secrets ]
RUN --mount=type=secret,mode=741,uid=100,gid=102,target=/mysecret [ "$(stat -c "%u %g %f" /mysecret)" = "100 102 81e1" ]
RUN --mount=type=secret,id=mysecret [ "$(stat -c "%u %g %a" /run/secrets/mysecret)" = "0 0 400" ]
RUN --mount=type=secret,id=named,env=SECRET_ENV [ \${#SECRET_ENV} = ${secrets.named.length} ] && [ ! -e /run/secrets ]
RUN --mount=type=secret,id=VARIABLE,target=/s,env=VARIABLE [ "$VARIABLE" = "$(cat /s)" ] && [ \${#VARIABLE} = ${secrets.variable.length} ]
RUN [ "$SECRET_ENV" = foo ] && [ -z "$VARIABLE" ]
RUN --mount=type=secret,id=absent [ ! -e /run/secrets/absent ]
RUN --mount=type=secret,id=absent,env=SECRET_ENV [ "$SECRET_ENV" = foo ]
USER app
WORKDIR /home/app
RUN --mount=type=secret,id=mysecret,target=rel/token,uid=1000 wc -c rel/token
RUN --mount=type=secret,id=mysecret,uid=1000 --mount=type=secret,id=lines,uid=1000 cat /run/secrets/*; sed 's/./&\\n/g' /run/secrets/lines >/dev/null
RUN --mount=type=secret,id=mysecret,uid=1000 head -c 9 /run/secrets/mysecret; sleep 0.1; tail -c +10 /run/secrets/mysecret >&2; echo; echo end
USER root
RUN --mount=type=secret,id=mysecret wget -qO- ${servers.urls.files}/hidden/$(cat /run/secrets/mysecret) "${servers.urls.files}/?q=$(cat /run/secrets/mysecret)" > /answer
RUN --mount=type=secret,id=mysecret --mount=type=cache,target=/c cp /run/secrets/mysecret /c/ && echo ok > /c/other
RUN --mount=type=cache,target=/c [ ! -e /c/mysecret ]
`,
  });
  const locked = await lock();
  expect(locked.exit, locked.stderr).toBe(0);
  expect(locked.stderr).toContain('****');
  expect(locked.stderr).toContain('the cache mount /c holds a secret');
  expect(await world.readLock()).toContain(`${servers.urls.files}/hidden/****`);
  const image = printedImage(locked);
  // Cached, the secrets are needed no more.
  const cached = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  expect(printedImage(cached)).toBe(image);
  const again = await world.run('build', ['--locked', '--no-cache', ...options], {
    env,
    through: withoutNetwork,
  });
  expect(again.exit, again.stderr).toBe(0);
  expect(printedImage(again)).toBe(image);
  await expectNowhere(world, [locked, cached, again]);
});

test('the secret’s value is no part of what a step depends on', async () => {
  await world.write({ Dockerfile: 'FROM tiny:1\nRUN --mount=type=secret,id=named,env=N echo run\n' });
  expect((await lock()).stderr).toMatch(/\] done/);
  const other = await world.run('lock', options, { env: { ...env, OTHER_NAME: 'another-value' } });
  expect(other.stderr).toMatch(/\] cached/);
});

test('a secret that a step would leave in the image fails it', async () => {
  await world.write({
    Dockerfile:
      'FROM tiny:1\nRUN --mount=type=secret,id=mysecret (echo begin; cat /run/secrets/mysecret) > /etc/token\n',
  });
  const result = await lock();
  expect(result.exit).toBe(6);
  expect(result.stderr).toContain('LAYER_FORBIDDEN');
  expect(result.stderr).toContain('/etc/token');
  await expectNowhere(world, [result]);
});

test('a step that fails prints none', async () => {
  await world.write({
    Dockerfile: `FROM tiny:1\nRUN --mount=type=secret,id=mysecret --mount=type=secret,id=named,env=N cat /run/secrets/mysecret; echo $N; sh -c 'exit 3'\n`,
  });
  const results = [await lock(), await lock(['--json'])];
  for (const { exit, stderr } of results) {
    expect(exit).toBe(6);
    expect(stderr).toContain('****');
  }
  await expectNowhere(world, results);
});

test.each([
  ['RUN --mount=type=secret,required,id=other true', [], 'MOUNT_NOT_GIVEN', 2],
  ['RUN --mount=type=ssh,required true', [], 'MOUNT_NOT_GIVEN', 2],
  ['RUN --mount=type=secret,id=named,env=LD_PRELOAD true', [], 'SANDBOX_ENVIRONMENT', 6],
  ['RUN true', ['--secret', 'src=/etc/passwd'], 'SECRET_INVALID', 2],
  ['RUN true', ['--secret', 'id=x,value=y'], 'SECRET_INVALID', 2],
  ['RUN true', ['--ssh', 'x'], 'SSH_INVALID', 2],
  ['RUN true', ['--allow', 'everything'], 'ALLOW_INVALID', 2],
  ['RUN --mount=type=secret,id=x echo', ['--secret', 'id=x,src=/proc/self/nowhere'], 'SECRET_UNREADABLE', 2],
  ['RUN --mount=type=ssh,id=k true', ['--ssh', 'k=/proc/self/nowhere'], 'SSH_UNUSABLE', 2],
] as const)('%s %s: %s', async (line, args, code, exit) => {
  await world.write({ Dockerfile: `FROM tiny:1\n${line}\n` });
  const result = await lock(args);
  expect(result.stderr).toContain(code);
  expect(result.exit).toBe(exit);
});

describe('SSH', () => {
  let directory: string;
  let agent: ChildProcess;
  let key: string;
  const agentOptions = () => ({ env: { SSH_AUTH_SOCK: join(directory, 'agent') } });
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-agent-'));
    key = join(directory, 'key');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'a key', '-f', key]);
    agent = spawn('ssh-agent', ['-D', '-a', join(directory, 'agent')], { stdio: 'ignore' });
    while (!(await stat(join(directory, 'agent')).catch(() => undefined))) await sleep(20);
    await run('ssh-add', ['-q', key], agentOptions());
  });
  afterAll(async () => {
    agent.kill();
    await rm(directory, { recursive: true });
  });

  test('a step finds a socket, and no trace of key or agent is left', async () => {
    await world.write({
      Dockerfile: `FROM tiny:1
RUN --mount=type=ssh,mode=741,uid=100,gid=102 [ "$(stat -c "%u %g %f" $SSH_AUTH_SOCK)" = "100 102 c1e1" ]
RUN --mount=type=ssh [ $SSH_AUTH_SOCK = /run/buildkit/ssh_agent.0 ] && [ -S $SSH_AUTH_SOCK ]
RUN [ ! -e /run/buildkit ] && [ -z "$SSH_AUTH_SOCK" ]
RUN --mount=type=ssh,id=deploy,target=/agent --mount=type=ssh [ $SSH_AUTH_SOCK = /agent ] && [ -S /run/buildkit/ssh_agent.0 ]
RUN --mount=type=ssh,id=other [ ! -e $SSH_AUTH_SOCK ]
`,
    });
    const { env: agentEnv } = agentOptions();
    const temporary = join(directory, 'temporary');
    await mkdir(temporary);
    const args = ['--ssh', 'default', '--ssh', `deploy=${key}`];
    const result = await world.run('lock', [...servers.addHosts, ...args], {
      env: { ...agentEnv, TMPDIR: temporary },
    });
    expect(result.exit, result.stderr).toBe(0);
    const [, body = ''] = (await readFile(key, 'utf8')).split('\n');
    for (const [where, text] of await contents(world.home)) expect(text.includes(body), where).toBe(false);
    expect(await readdir(temporary)).toEqual([]);
  });

  test('a key with a passphrase is an error, not a question', async () => {
    const locked = join(directory, 'locked');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a passphrase', '-f', locked]);
    await chmod(locked, 0o644);
    await world.write({ Dockerfile: 'FROM tiny:1\nRUN --mount=type=ssh true\n' });
    const { exit, stderr } = await world.run('lock', [...servers.addHosts, '--ssh', `default=${locked}`]);
    expect(stderr).toContain('SSH_UNUSABLE');
    expect(exit).toBe(2);
  });
});
