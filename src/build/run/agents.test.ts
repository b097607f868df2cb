import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Agents } from './agents.ts';

let directory: string;
let key: string;
let socket: string;
let agent: ChildProcess;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-agents-'));
  key = join(directory, 'key');
  socket = join(directory, 'agent');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'the key', '-f', key]);
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  while (!existsSync(socket)) await sleep(20);
  execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
});
afterAll(() => {
  agent.kill();
  rmSync(directory, { recursive: true });
});

/** Runs `use` with the path of a socket that answers as a step's would. */
async function withStepSocket(paths: readonly string[], use: (path: string) => Promise<void>): Promise<void> {
  const agents = new Agents(new Map([['id', { paths }]]));
  const connector = await agents.connector('id');
  if (connector === undefined) throw new Error('there is such an agent');
  const path = join(directory, 'step');
  const server = createServer(connector).listen(path);
  await once(server, 'listening');
  try {
    await use(path);
  } finally {
    server.close();
    await agents.close();
  }
}

/** The types of the answers to messages without contents. */
async function answers(path: string, ...types: readonly number[]): Promise<number[]> {
  const client = createConnection(path);
  client.write(Buffer.concat(types.map(type => Buffer.from([0, 0, 0, 1, type]))));
  const found: number[] = [];
  let buffer = Buffer.alloc(0);
  for await (const chunk of client) {
    buffer = Buffer.concat([buffer, chunk as Buffer]);
    for (; buffer.length >= 5 && buffer.length >= 4 + buffer.readUInt32BE(0); ) {
      found.push(buffer[4] ?? 0);
      buffer = buffer.subarray(4 + buffer.readUInt32BE(0));
    }
    if (found.length === types.length) break;
  }
  return found;
}

const tool = (path: string, name: string, ...args: readonly string[]) =>
  execFileSync(name, args, {
    env: { ...process.env, SSH_AUTH_SOCK: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();
/** What does not wait for this process to answer. */
async function asked(
  path: string,
  name: string,
  ...args: readonly string[]
): Promise<{ code: number; output: string }> {
  const child = spawn(name, args, {
    env: { ...process.env, SSH_AUTH_SOCK: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

test.each(['socket', 'key'])('with a %s, a step may list keys and have things signed', async kind => {
  await withStepSocket([kind === 'key' ? key : socket], async path => {
    expect((await asked(path, 'ssh-add', '-l')).output).toContain('ED25519');
    // ssh-add -T signs something with the key and checks it.
    expect(await asked(path, 'ssh-add', '-T', `${key}.pub`)).toMatchObject({ code: 0 });
  });
});

test('it may not take the user’s keys away, add some, or lock the agent', async () => {
  await withStepSocket([socket], async path => {
    expect((await asked(path, 'ssh-add', '-D')).code).not.toBe(0);
    expect((await asked(path, 'ssh-add', '-d', `${key}.pub`)).code).not.toBe(0);
    expect((await asked(path, 'ssh-add', key)).code).not.toBe(0);
    // Remove all, lock, unlock, an extension, and one that there is not; each answered in turn.
    expect(await answers(path, 11, 19, 22, 11, 23, 27, 200, 11)).toEqual([12, 5, 5, 12, 5, 5, 5, 12]);
  });
  expect(tool(socket, 'ssh-add', '-l')).toContain('the key');
});

test('an agent of keys ends with the build, and leaves nothing', async () => {
  const temporary = join(directory, 'temporary');
  mkdirSync(temporary);
  vi.stubEnv('TMPDIR', temporary);
  await withStepSocket([key], async path => {
    expect((await asked(path, 'ssh-add', '-l')).code).toBe(0);
  });
  expect(readdirSync(temporary)).toEqual([]);
  vi.unstubAllEnvs();
});

test('what is neither is an error', async () => {
  for (const path of ['/proc/self/nowhere', '/etc/hostname']) {
    const agents = new Agents(new Map([['id', { paths: [path] }]]));
    await expect(agents.connector('id')).rejects.toMatchObject({ code: 'SSH_UNUSABLE', exit: 2 });
  }
  expect(await new Agents(new Map()).connector('id')).toBeUndefined();
});
