import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildFile, configOf } from './built-image.ts';
import { makeWorld, serveFiles, startServers, withoutNetwork, type Servers, type World } from './world.ts';

let world: World;
let servers: Servers;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
});
afterAll(async () => {
  await world.close();
  await servers.close();
});

test('triggers of a base image run right after FROM, in order, once', async () => {
  const base = await buildFile(
    world,
    'base.Dockerfile',
    `FROM tiny:1
ONBUILD ARG SIZE=small
ONBUILD RUN mkdir /out && echo "$SIZE" > /out/log
ONBUILD RUN echo second >> /out/log
ONBUILD COPY --from=parts /part /out/
ONBUILD RUN --mount=from=parts,target=/parts cat /parts/part >> /out/log
ONBUILD ENV MADE=yes
RUN [ ! -e /out ]
`,
    ['-t', 'triggers:1'],
  );
  expect(base.exit, base.stderr).toBe(0);
  const { config } = await configOf(world, base);
  expect(config?.OnBuild).toEqual([
    'ARG SIZE=small',
    'RUN mkdir /out && echo "$SIZE" > /out/log',
    'RUN echo second >> /out/log',
    'COPY --from=parts /part /out/',
    'RUN --mount=from=parts,target=/parts cat /parts/part >> /out/log',
    'ENV MADE=yes',
  ]);

  const child = await buildFile(
    world,
    'child.Dockerfile',
    `FROM tiny:1 AS parts
RUN echo part > /part
FROM triggers:1 AS middle
RUN [ "$(cat /out/log)" = "$(printf 'large\\nsecond\\npart')" ] && [ "$(cat /out/part) $MADE" = "part yes" ]
RUN rm -r /out
FROM middle
RUN [ ! -e /out ]
`,
    ['--build-arg', 'SIZE=large', '-t', 'child:1'],
  );
  expect(child.exit, child.stderr).toBe(0);
  const built = await configOf(world, child);
  expect(built.config).not.toHaveProperty('OnBuild');
  expect(built.config?.Env).toContain('MADE=yes');
  const size = 'SIZE=large';
  expect(built.history?.map(({ created_by: by }) => by).slice(-10)).toEqual([
    'RUN /bin/sh -c [ ! -e /out ] # buildkit',
    `ARG ${size}`,
    `RUN |1 ${size} /bin/sh -c mkdir /out && echo "$SIZE" > /out/log # buildkit`,
    `RUN |1 ${size} /bin/sh -c echo second >> /out/log # buildkit`,
    'COPY /part /out/ # buildkit',
    `RUN |1 ${size} /bin/sh -c cat /parts/part >> /out/log # buildkit`,
    'ENV MADE=yes',
    `RUN |1 ${size} /bin/sh -c [ "$(cat /out/log)" = "$(printf 'large\\nsecond\\npart')" ] && [ "$(cat /out/part) $MADE" = "part yes" ] # buildkit`,
    `RUN |1 ${size} /bin/sh -c rm -r /out # buildkit`,
    `RUN |1 ${size} /bin/sh -c [ ! -e /out ] # buildkit`,
  ]);
});

test('triggers of a stage run in the stage that begins from it, and are not in its image', async () => {
  const built = await buildFile(
    world,
    'stage.Dockerfile',
    `FROM tiny:1 AS base
ONBUILD RUN echo ran >> /log
FROM base AS first
ONBUILD RUN echo again >> /log
RUN [ "$(cat /log)" = ran ]
FROM first
RUN [ "$(cat /log)" = "$(printf 'ran\\nagain')" ]
`,
  );
  expect(built.exit, built.stderr).toBe(0);
  expect((await configOf(world, built)).config).not.toHaveProperty('OnBuild');
});

test('a mistake in a trigger is shown where the base is asked for', async () => {
  const triggered = (trigger: string) =>
    buildFile(world, 'bad.Dockerfile', `FROM tiny:1 AS base\nONBUILD ${trigger}\n\nFROM base\n`);
  for (const [trigger, message] of [
    ['COPY --from=7 /x /x', 'there is no stage 7'],
    ['ENV A=${UNSET:?missing}', 'missing'],
  ] as const) {
    const { exit, stderr } = await triggered(trigger);
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain('at bad.Dockerfile:4:1');
  }
});

test('what triggers take is locked', async () => {
  serveFiles(servers, { '/own': 'own', '/asked': 'asked' });
  const { files } = servers.urls;
  const trigger = `ONBUILD RUN wget -q -O /asked ${files}/asked`;
  const base = await buildFile(world, 'base2.Dockerfile', `FROM tiny:1\n${trigger}\n`, ['-t', 'triggers:2']);
  expect(base.exit, base.stderr).toBe(0);
  await world.write({ Dockerfile: `FROM triggers:2\nRUN wget -q -O /own ${files}/own\n` });
  await world.succeed('lock', servers.addHosts);
  const explained = await world.succeed('explain', [`${files}/asked`]);
  expect(explained.stdout).toContain('asked by  Dockerfile:1  FROM triggers:2');

  await world.emptyCache();
  const offline = await world.run('build', ['--locked'], { through: withoutNetwork });
  expect(offline.exit, offline.stderr).toBe(0);
});
