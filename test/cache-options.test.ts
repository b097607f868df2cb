// Docker's options for what is taken from the cache, and from the store in place of a registry.
import { afterAll, beforeAll, expect, test } from 'vitest';
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

test('-q prints the digest and nothing else', async () => {
  const quiet = await holdfast(['build', world.project, '-q', '--no-cache'], { env: { HOME: world.home } });
  expect(quiet).toMatchObject({ exit: 0, stderr: '' });
  expect(quiet.stdout).toBe(`${printedImage(quiet)}\n`);
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
