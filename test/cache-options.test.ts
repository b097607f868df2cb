// Docker's options for what is taken from the cache, and from the store in place of a registry.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Digest } from '../src/core/index.ts';
import { Store } from '../src/store/index.ts';
import { holdfast, makeWorld, printedImage, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld();
  await world.tinyBase();
  await world.write({
    Dockerfile: `FROM tiny:1 AS Tools
RUN echo tools >/tools
FROM tiny:1
RUN echo own >/own
COPY --from=tools /tools /
`,
  });
  await world.succeed('lock');
});
afterAll(() => world.close());

const steps = (stderr: string) =>
  [...stderr.matchAll(/^\[(\S+) \d\/\d\] (done|cached)/gm)].map(([, stage, how]) => `${stage} ${how}`);

test('all is cached; --no-cache-filter runs the steps of some stages', async () => {
  const first = await world.succeed('build', ['--locked']);
  expect(new Set(steps(first.stderr))).toEqual(new Set(['tools cached', 'stage-1 cached']));
  for (const [filter, expected] of [
    ['tools', ['tools done', 'stage-1 cached']],
    ['1', ['tools cached', 'stage-1 done']],
    ['TOOLS,1', ['tools done', 'stage-1 done']],
  ] as const) {
    const built = await world.succeed('build', ['--locked', '--no-cache-filter', filter]);
    expect(new Set(steps(built.stderr)), filter).toEqual(new Set(expected));
    expect(printedImage(built)).toBe(printedImage(first));
  }
});

test('the value of an argument is part of what a step depends on, and of the history', async () => {
  await world.write({ 'argument.Dockerfile': 'FROM tiny:1\nARG WORD=none\nRUN echo "$WORD" > /word\n' });
  const file = ['-f', `${world.project}/argument.Dockerfile`, '--lockfile', `${world.root}/argument.lock`];
  const images: string[] = [];
  for (const word of ['one', 'two', 'one']) {
    const built = await world.succeed('build', [...file, '--build-arg', `WORD=${word}`, '-t', 'argument:1']);
    images.push(printedImage(built));
  }
  expect(images[1]).not.toBe(images[0]);
  expect(images[2]).toBe(images[0]);
});

test('-q prints the id of the image, the digest of its configuration, and nothing else', async () => {
  const quiet = await holdfast(['build', world.project, '-q', '--no-cache'], { env: { HOME: world.home } });
  expect(quiet).toMatchObject({ exit: 0, stderr: '' });
  const built = await world.succeed('build', ['--locked']);
  const manifest = await (await Store.open(world.store)).readBytes(printedImage(built) as Digest);
  const { config } = JSON.parse(manifest.toString()) as { config: { digest: string } };
  expect(quiet.stdout).toBe(`${config.digest}\n`);
});

test('options as programs in Go take them, and those that Docker has for its daemon', async () => {
  const { stderr } = await world.succeed('build', ['--locked', '--no-cache=false', '--compress', '-m', '1g']);
  expect(new Set(steps(stderr))).toEqual(new Set(['tools cached', 'stage-1 cached']));
  expect(stderr).toMatch(/^--compress changes nothing: .*\n--memory changes nothing: /m);
  const squashed = await world.run('build', ['--squash', '--json']);
  expect(squashed).toMatchObject({ exit: 2, json: { error: { code: 'BUILD_FLAG' } } });
});

test('--network is that of steps that name none', async () => {
  await world.write({
    'net.Dockerfile': `FROM tiny:1
RUN [ -z "$(ip -o link | grep -v ' lo:')" ] && ! nslookup example.org
`,
  });
  const net = ['-f', `${world.project}/net.Dockerfile`, '--lockfile', `${world.root}/net.lock`];
  await world.succeed('lock', [...net, '--network', 'none']);
  const { exit, json } = await world.run('build', [...net, '--network', 'bridge', '--json']);
  expect([exit, json]).toEqual([2, undefined]);
});

test('--shm-size is the room in /dev/shm', async () => {
  await world.write({ 'shm.Dockerfile': 'FROM tiny:1\nRUN df -k /dev/shm | grep -q " 98304 "\n' });
  const shm = ['-f', `${world.project}/shm.Dockerfile`, '--lockfile', `${world.root}/shm.lock`];
  await world.succeed('lock', [...shm, '--shm-size', '96m']);
  expect((await world.run('lock', [...shm, '--shm-size', 'much', '--json'])).json).toMatchObject({
    error: { code: 'SHM_SIZE_INVALID' },
  });
});

test('--pull asks the registry for what is not locked, and leaves what is', async () => {
  const locked = await world.succeed('build', ['--locked', '--pull']);
  expect(locked.exit).toBe(0);
  await world.write({ 'other.Dockerfile': 'FROM localhost:1/tiny:1\n' });
  await world.succeed('build', ['-t', 'localhost:1/tiny:1']);
  const other = ['-f', `${world.project}/other.Dockerfile`, '--lockfile', `${world.root}/other.lock`];
  const asked = await world.run('lock', [...other, '--pull']);
  expect(asked.exit, asked.stderr).toBe(5);
  await world.succeed('lock', other);
});

test('a stage from the cache gives others its files, and no marks of what it removed', async () => {
  const stages = (last: string) => `FROM tiny:1 AS made
RUN mkdir /o && touch /o/gone /o/left
RUN rm /o/gone
FROM tiny:1
COPY --from=made /o /o
RUN ${last} [ "$(ls -A /o)" = left ]
`;
  const again = ['--lockfile', `${world.root}/removed.lock`];
  await world.write({ Dockerfile: stages('true &&') });
  await world.succeed('lock', again);
  await world.write({ Dockerfile: stages('') });
  const { stderr } = await world.succeed('lock', again);
  expect(steps(stderr)).toContain('made cached');
});

test('annotations of the base stay with the base', async () => {
  const store = await Store.open(world.store);
  const tiny = await store.tagged('tiny:1');
  const manifest = JSON.parse((await store.readBytes(tiny!.digest)).toString()) as object;
  const annotated = await store.put(JSON.stringify({ ...manifest, annotations: { 'org.example': 'base' } }));
  await store.tag('annotated:1', { ...tiny!, ...annotated });
  await world.write({ Dockerfile: 'FROM annotated:1\nRUN echo x > /x\n' });
  const built = await world.succeed('build', ['--lockfile', `${world.root}/annotated.lock`]);
  const made = (await store.readBytes(printedImage(built) as Digest)).toString();
  expect(made).toContain('"layers"');
  expect(made).not.toContain('annotations');
});
