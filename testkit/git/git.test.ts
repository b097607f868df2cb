import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GitServer, runGit } from './index.ts';

let server: GitServer;
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'holdfast-git-server-'));
  server = await GitServer.start();
});

afterAll(async () => {
  await server.close();
  await rm(work, { recursive: true, force: true });
});

test('equal calls give equal commits, and git clones them', async () => {
  const first = { date: '2024-01-01T00:00:00Z', message: 'One', files: { 'a/b.txt': 'b\n' } };
  const second = { date: '2024-01-02T00:00:00Z', files: { c: Buffer.from([0, 255]) } };
  const heads: string[] = [];
  for (const name of ['one.git', 'two.git']) {
    const repository = await server.create(name);
    await repository.commit(first);
    heads.push(await repository.commit(second));
  }
  expect(heads[0]).toBe(heads[1]);
  const out = join(work, 'out');
  await runGit(['clone', '-q', `${server.url}/one.git`, out]);
  expect(await readFile(join(out, 'a/b.txt'), 'utf8')).toBe('b\n');
  expect(await readFile(join(out, 'c'))).toEqual(Buffer.from([0, 255]));
  expect((await runGit(['log', '--format=%H %cI'], { cwd: out })).split('\n')[0]).toBe(
    `${heads[0]} 2024-01-02T00:00:00+00:00`,
  );
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST']);
});

test('a commit that no ref names any more is given', async () => {
  const repository = await server.create('old.git');
  const old = await repository.commit({ date: '2024-01-01T00:00:00Z', files: { a: '1' } });
  await repository.commit({ date: '2024-01-02T00:00:00Z', files: { a: '2' } });
  const fetched = runGit(['fetch', '-q', '--depth=1', `${server.url}/old.git`, old], {
    cwd: (await server.create('client.git')).directory,
  });
  await expect(fetched).resolves.toBe('');
});

test('a repository that is not there is refused', async () => {
  await expect(runGit(['ls-remote', `${server.url}/none.git`])).rejects.toThrow('not found');
});
