import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { GitServer, runGit } from '../../../testkit/git/index.ts';
import type { Recognised } from '../kind.ts';
import { git } from './index.ts';
import { Recorder, type SeenBody } from './testing/recorder.ts';

let server: GitServer;
let recorder: Recorder;
let work: string;
let runs = 0;
const commits = {
  first: '',
  second: '',
  middle: '',
  third: '',
  dev: '',
  library: '',
  libraryNext: '',
  app: '',
};

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'holdfast-git-clients-'));
  server = await GitServer.start();
  recorder = await Recorder.start(server.url);
  const settings = { 'transfer.advertiseSID': 'true' };
  const tool = await server.create('tool.git', settings);
  commits.first = await tool.commit({ date: '2024-01-01T00:00:00Z', files: { README: 'one\n' } });
  commits.second = await tool.commit({ date: '2024-02-01T00:00:00Z', files: { README: 'two\n' } });
  commits.middle = await tool.commit({ date: '2024-02-02T00:00:00Z', files: { README: 'middle\n' } });
  commits.third = await tool.commit({ date: '2024-03-01T00:00:00Z', files: { 'src/a.c': 'int a;\n' } });
  commits.dev = await tool.commit({
    branch: 'dev',
    from: commits.second,
    date: '2024-03-02T00:00:00Z',
    files: { README: 'dev\n' },
  });
  await tool.tag('v1', commits.first, { message: 'One\n', date: '2024-01-02T00:00:00Z' });
  await tool.tag('light', commits.second);

  const library = await server.create('library', settings);
  commits.library = await library.commit({ date: '2024-01-05T00:00:00Z', files: { lib: '1\n' } });
  commits.libraryNext = await library.commit({ date: '2024-01-06T00:00:00Z', files: { lib: '2\n' } });
  const app = await server.create('app.git', settings);
  const url = `${recorder.url}/library`;
  commits.app = await app.commit({
    date: '2024-01-07T00:00:00Z',
    files: { app: '1\n' },
    submodules: { 'deps/library': { url, commit: commits.library } },
  });

  const wide = await server.create('wide.git', settings);
  for (let n = 0; n < 40; n++)
    await wide.commit({
      branch: n === 0 ? 'main' : `topic-${n}`,
      date: '2024-01-01T00:00:00Z',
      files: { n: `${n}` },
    });
});

afterAll(async () => {
  await recorder.close();
  await server.close();
  await rm(work, { recursive: true, force: true });
});

beforeEach(() => {
  recorder.forget();
  recorder.upstream = server.url;
});

/** A client whose requests tell of itself what they can: another version and another session in each run. */
async function asAnyClient(commands: readonly (readonly string[])[], options: readonly string[] = []) {
  const directory = join(work, `run-${++runs}`);
  const environment = { GIT_USER_AGENT: `git/2.${40 + runs}.0`, HOME: work };
  const settings = ['-c', 'transfer.advertiseSID=true', '-c', 'advice.detachedHead=false', ...options];
  await runGit(['init', '-q', '-b', 'main', directory], { environment });
  const run = (args: readonly string[]) => runGit([...settings, ...args], { cwd: directory, environment });
  for (const command of commands) await run(command);
  return (await runGit(['rev-parse', 'HEAD'], { cwd: join(directory, 'out'), environment })).trim();
}

const bodiesOf = (bodies: readonly SeenBody[], form: 'raw' | 'canonical') =>
  bodies.map(body => `${body.url} ${String(body[form]?.toString('base64'))}`);

/** The same twice against upstream, and once more with upstream gone; gives what the exchanges were. */
async function recordedThenReplayed(
  commands: readonly (readonly string[])[],
  options: readonly string[],
  head: string,
): Promise<(Recognised | undefined)[]> {
  expect(await asAnyClient(commands, options)).toBe(head);
  const first = [...recorder.bodies];
  const exchanges = recorder.exchanges;
  recorder.forget();
  expect(await asAnyClient(commands, options)).toBe(head);
  const second = [...recorder.bodies];
  expect(first.length).toBeGreaterThan(0);
  expect(bodiesOf(second, 'canonical')).toEqual(bodiesOf(first, 'canonical'));
  for (const [n, { raw, canonical }] of first.entries()) {
    expect(canonical).toBeDefined();
    expect(second[n]?.raw.equals(raw)).toBe(false);
  }
  recorder.upstream = undefined;
  expect(await asAnyClient(commands, options)).toBe(head);
  const recognise = await git.recogniser({ exchanges, readBody: recorder.readBody });
  return exchanges.map(recognise);
}

const fetched = (what: readonly (Recognised | undefined)[]) => what.filter(one => one?.class !== 'index');

const clone = (...args: string[]) => [['clone', '-q', ...args, `${recorder.url}/tool.git`, 'out']];
const bySha = (commit: string, ...args: string[]) => [
  ['init', '-q', 'out'],
  ['-C', 'out', 'fetch', '-q', ...args, `${recorder.url}/tool.git`, commit],
  ['-C', 'out', 'checkout', '-q', 'FETCH_HEAD'],
];

interface Case {
  readonly what: string;
  readonly commands: () => string[][];
  readonly commit: keyof typeof commits;
  readonly ref?: string | undefined;
}

const cases: readonly Case[] = [
  { what: 'a clone', commands: () => clone(), commit: 'third', ref: 'refs/heads/main' },
  { what: 'a shallow clone', commands: () => clone('--depth', '1'), commit: 'third', ref: 'refs/heads/main' },
  {
    what: 'an annotated tag',
    commands: () => clone('--depth', '1', '-b', 'v1'),
    commit: 'first',
    ref: 'refs/tags/v1',
  },
  {
    what: 'a plain tag with its past',
    commands: () => clone('--single-branch', '-b', 'light'),
    commit: 'second',
    ref: 'refs/tags/light',
  },
  {
    what: 'a branch',
    commands: () => clone('--single-branch', '-b', 'dev'),
    commit: 'dev',
    ref: 'refs/heads/dev',
  },
  {
    what: 'a commit that no ref names',
    commands: () => bySha(commits.middle),
    commit: 'middle',
    ref: undefined,
  },
  {
    what: 'a commit that a tag names',
    commands: () => bySha(commits.second, '--depth', '1'),
    commit: 'second',
    ref: 'refs/tags/light',
  },
];

for (const version of [0, 1, 2])
  test.each(cases)(`$what, protocol version ${version}`, async ({ commands, commit, ref }) => {
    const options = ['-c', `protocol.version=${version}`];
    const what = await recordedThenReplayed(commands(), options, commits[commit]);
    const url = `${recorder.url}/tool.git`;
    expect(fetched(what)).toEqual([{ class: 'commit', url, commit: commits[commit], ref }]);
  });

test('a submodule is a repository of its own', async () => {
  const commands = [['clone', '-q', '--recurse-submodules', `${recorder.url}/app.git`, 'out']];
  const what = await recordedThenReplayed(commands, [], commits.app);
  const ref = 'refs/heads/main';
  expect(fetched(what)).toEqual([
    { class: 'commit', url: `${recorder.url}/app.git`, commit: commits.app, ref },
    { class: 'commit', url: `${recorder.url}/library`, commit: commits.libraryNext, ref },
  ]);
});

test('a shallow submodule is fetched by its commit', async () => {
  const commands = [
    [
      'clone',
      '-q',
      '--recurse-submodules',
      '--shallow-submodules',
      '--depth=1',
      `${recorder.url}/app.git`,
      'out',
    ],
  ];
  const what = await recordedThenReplayed(commands, [], commits.app);
  const library = { class: 'commit', url: `${recorder.url}/library` };
  expect(fetched(what).slice(1)).toEqual([
    { ...library, commit: commits.libraryNext, ref: 'refs/heads/main' },
    { ...library, commit: commits.library, ref: undefined },
  ]);
});

test.each([0, 2])('a long request is packed by the client, version %i', async version => {
  const commands = [['clone', '-q', `${recorder.url}/wide.git`, 'out']];
  const head = (await runGit(['ls-remote', `${server.url}/wide.git`, 'HEAD'])).split('\t')[0] ?? '';
  const what = await recordedThenReplayed(commands, ['-c', `protocol.version=${version}`], head);
  expect(recorder.bodies.map(({ encoding }) => encoding)).toContain('gzip');
  expect(fetched(what)).toEqual([
    { class: 'commit', url: `${recorder.url}/wide.git`, commit: head, ref: 'refs/heads/main' },
  ]);
});

test('a later fetch into a clone has haves', async () => {
  const commands = [
    ['clone', '-q', '--single-branch', '-b', 'light', `${recorder.url}/tool.git`, 'out'],
    ['-C', 'out', 'fetch', '-q', 'origin', 'main'],
    ['-C', 'out', 'checkout', '-q', 'FETCH_HEAD'],
  ];
  const what = await recordedThenReplayed(commands, [], commits.third);
  const tool = { class: 'commit', url: `${recorder.url}/tool.git` };
  expect(fetched(what)).toEqual([
    { ...tool, commit: commits.second, ref: 'refs/tags/light' },
    { ...tool, commit: commits.third, ref: 'refs/heads/main' },
  ]);
});

test('a fetch of objects without a commit is a file like any other', async () => {
  const commands = [['clone', '-q', '--filter=blob:none', `${recorder.url}/tool.git`, 'out']];
  const what = await recordedThenReplayed(commands, [], commits.third);
  const commit = { class: 'commit', url: `${recorder.url}/tool.git`, commit: commits.third };
  expect(fetched(what)).toEqual([{ ...commit, ref: 'refs/heads/main' }, undefined]);
});

test('the answer in version 2 is not given to a client of version 0', async () => {
  await asAnyClient(clone());
  recorder.upstream = undefined;
  await expect(asAnyClient(clone(), ['-c', 'protocol.version=0'])).rejects.toThrow('504');
});

test('the dumb protocol is files', async () => {
  const directory = await server.create('dumb.git', { 'http.uploadpack': 'false' });
  const head = await directory.commit({ date: '2024-01-01T00:00:00Z', files: { a: 'a' } });
  await directory.git(['update-server-info']);
  const url = `${recorder.url}/dumb.git`;
  await fetch(`${url}/info/refs`);
  await fetch(`${url}/HEAD`);
  await fetch(`${url}/objects/${head.slice(0, 2)}/${head.slice(2)}`);
  const recognise = await git.recogniser(recorder);
  expect(recorder.exchanges.map(recognise)).toEqual([undefined, undefined, undefined]);
});

test('the digests of a repository may be SHA-256', async () => {
  const repository = await server.create('long.git', {}, 'sha256');
  const head = await repository.commit({ date: '2024-01-01T00:00:00Z', files: { a: 'a' } });
  expect(head).toHaveLength(64);
  const commands = [['clone', '-q', `${recorder.url}/long.git`, 'out']];
  await asAnyClient(commands);
  const recognise = await git.recogniser(recorder);
  expect(fetched(recorder.exchanges.map(recognise))).toEqual([
    { class: 'commit', url: `${recorder.url}/long.git`, commit: head, ref: 'refs/heads/main' },
  ]);
});
