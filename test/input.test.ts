import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  noDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from '../src/registry/testing/docker-registry.ts';
import { startScripted, type ScriptedServer } from '../src/registry/testing/scripted-server.ts';
import { tarOf, type TarFile } from '../testkit/tar.ts';
import { RegistryImages } from './support-registry.ts';
import { holdfast, makeWorld, type RunResult, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  await world.tinyBase();
});
afterAll(() => world.close());

/** An error as people read it: code, cause, place and what to do next; no stack, nothing on stdout. */
function expectError(
  { exit, stderr, stdout }: RunResult,
  expected: [exit: number, code: string, ...texts: string[]],
) {
  const [code, name, ...texts] = expected;
  expect(exit, stderr).toBe(code);
  expect(stdout).toBe('');
  expect(stderr).toMatch(new RegExp(`^error ${name}: `, 'm'));
  expect(stderr).toMatch(/^ {2}next: \S.*\n$/m);
  expect(stderr).not.toMatch(/^\s+at .*\(.*:\d+:\d+\)$/m);
  for (const text of texts) expect(stderr).toContain(text);
}

async function lock(dockerfile: string, args: readonly string[] = []): Promise<RunResult> {
  await world.write({ Dockerfile: dockerfile });
  return world.run('lock', args);
}

describe('a project that cannot be read', () => {
  test('no Dockerfile, no directory, no such file', async () => {
    const empty = join(world.root, 'empty');
    await mkdir(empty);
    expectError(await holdfast(['lock', empty]), [2, 'DOCKERFILE_MISSING', empty, '-f']);
    expectError(await holdfast(['build', join(empty, 'none')]), [
      2,
      'PROJECT_MISSING',
      'none is not a directory',
    ]);
    const nameless = await holdfast(['lock', empty, '-f', join(empty, 'Other')]);
    expectError(nameless, [2, 'DOCKERFILE_MISSING', 'cannot read Other (ENOENT)']);
  });

  test.each<[dockerfile: string, code: string, ...texts: string[]]>([
    ['', 'DOCKERFILE_EMPTY', 'at Dockerfile:1:1'],
    ['# only this\n', 'DOCKERFILE_EMPTY'],
    ['RUN true\n', 'DOCKERFILE_NO_STAGE', 'at Dockerfile:1:1'],
    ['FROM tiny:1\n\n  RUM true\n', 'DOCKERFILE_UNKNOWN_INSTRUCTION', 'at Dockerfile:3:3', 'RUN'],
    ['FROM tiny:1\nRUN \\\n  --fast true\n', 'DOCKERFILE_UNKNOWN_FLAG', 'at Dockerfile:3:3', '--fast'],
    ['FROM tiny:1\nENV  A\n', 'DOCKERFILE_ARGUMENTS', 'at Dockerfile:2:6'],
    ['FROM tiny:1\nRUN <<EOT\ntrue\n', 'DOCKERFILE_HEREDOC', 'at Dockerfile:2:1'],
    ['FROM Tiny:1\n', 'REFERENCE_INVALID', 'at Dockerfile:1:6', 'lower case'],
    ['ARG BASE\nFROM $BASE\n', 'FROM_EMPTY', 'at Dockerfile:2:6', 'BASE'],
    ['ARG TAG\nFROM tiny:$TAG\n', 'FROM_EMPTY', 'at Dockerfile:2:6', '"tiny:$TAG"', 'TAG without a value'],
    ['FROM tiny:1\nCOPY nothing /\n', 'COPY_SOURCE_MISSING', 'at Dockerfile:2:1', 'nothing'],
    ['FROM tiny:1\nRUN --mount=type=cache true\n', 'DOCKERFILE_MOUNT', 'at Dockerfile:2:13'],
    ['FROM tiny:1\nRUN --network=host true\n', 'BUILD_NOT_ALLOWED', 'at Dockerfile:2:1'],
  ])('%j', async (dockerfile, code, ...texts) => {
    expectError(await lock(dockerfile), [2, code, ...texts]);
  });
});

describe('a step that fails', () => {
  test('is told with its place, its exit code and its last lines: exit 6', async () => {
    const result = await lock('FROM tiny:1\n\nRUN echo first; \\\n echo the end is near; exit 3\n');
    expectError(result, [
      6,
      'STEP_FAILED',
      'ended with exit code 3',
      'at Dockerfile:3:1',
      '  | the end is near',
    ]);
    expectError(await lock('FROM tiny:1\nUSER nobody\nRUN id\n'), [
      6,
      'SANDBOX_USER_UNKNOWN',
      'at Dockerfile:3:1',
    ]);
  });

  test('with --json, the error is JSON on stdout and text on stderr', async () => {
    const { exit, json, stderr } = await lock('FROM tiny:1\nRUN false\n', ['--json']);
    expect(exit).toBe(6);
    expect(json).toMatchObject({
      error: {
        code: 'STEP_FAILED',
        exit: 6,
        where: { file: 'Dockerfile', line: 2 },
        next: expect.any(String),
      },
    });
    expect(stderr).toContain('error STEP_FAILED');
  });

  test('progress in a pipe is plain lines; the result alone is on stdout', async () => {
    await world.write({
      Dockerfile: "FROM tiny:1\nRUN printf '1%%\\r99%%\\r100%%\\n\\033[31mred\\033[0m\\nno end'\n",
    });
    const { exit, stdout, stderr } = await holdfast(['lock', world.project], { env: { HOME: world.home } });
    expect(exit, stderr).toBe(0);
    expect(stdout).toMatch(/^wrote holdfast\.lock as of .*: 1 image\nsha256:[0-9a-f]{64}\n$/);
    expect(stderr).toMatch(/^[\n -~]*$/);
    for (const line of ['100%', 'red', 'no end']) expect(stderr).toContain(`[stage-0 1/1]   ${line}\n`);
    const { json } = await world.succeed('build', ['--json', '-t', 'app:1']);
    expect(json).toMatchObject({ image: stdout.trim().split('\n')[1], tags: ['app:1'] });
  });
});

test.each<[args: string[], code: string]>([
  [['--platform', 'linux'], 'PLATFORM_INVALID'],
  [['--build-arg', '=1'], 'BUILD_ARG_INVALID'],
  [['--add-host', 'alone'], 'ADD_HOST_INVALID'],
  [['--target', 'nothing'], 'STAGE_UNKNOWN'],
  [['--store', '/dev/null/store'], 'STORE_UNUSABLE'],
  [['--cache-dir', '/dev/null/cache'], 'CACHE_UNUSABLE'],
])('wrong usage: %j', async (args, code) => {
  expectError(await lock('FROM tiny:1\nRUN true\n', args), [2, code]);
});

test('an unknown option or command', async () => {
  for (const args of [['lock', '--fast'], ['lok']]) {
    const { exit, stderr } = await holdfast(args);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/^error: unknown (option|command) '/);
  }
});

describe('registries', () => {
  let web: ScriptedServer;
  beforeAll(async () => {
    web = await startScripted((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>');
    });
  });
  afterAll(() => web.stop());

  test('one that answers HTML, and one that is not there', async () => {
    expectError(await lock(`FROM ${web.domain}/app:1\n`), [
      5,
      'REGISTRY_NOT_A_MANIFEST',
      web.domain,
      'at Dockerfile:1:6',
    ]);
    expectError(await lock('FROM 127.0.0.1:1/app:1\n'), [5, 'REGISTRY_UNREACHABLE', 'at Dockerfile:1:6']);
  });

  describe.skipIf(noDockerRegistry)('a real one', () => {
    let registry: DockerRegistry;
    let images: RegistryImages;
    beforeAll(async () => {
      registry = await startDockerRegistry();
      images = new RegistryImages(registry.domain);
      await images.push('app:1', [tarOf([{ path: 'file', content: Buffer.from('file\n') }])]);
    });
    afterAll(() => registry.stop());

    test('an unknown tag, an unknown repository', async () => {
      for (const name of ['app:2', 'other:1']) {
        const result = await lock(`FROM scratch\nCOPY --from=${registry.domain}/${name} / /\n`);
        expectError(result, [5, 'REGISTRY_UNKNOWN', `${registry.domain}/${name}`, 'at Dockerfile:2:1']);
      }
    });

    const outside = () => join(world.root, 'outside');
    const evil = Buffer.from('evil\n');
    test.each<[why: string, files: () => TarFile[]]>([
      ['..', () => [{ path: `${'../'.repeat(12)}${outside().slice(1)}/evil`, content: evil }]],
      ['absolute', () => [{ path: `${outside()}/evil`, content: evil }]],
      [
        'through a link',
        () => [
          { path: 'door', type: '2', link: outside() },
          { path: 'door/evil', content: evil },
        ],
      ],
      [
        'a hard link out',
        () => [{ path: 'door', type: '1', link: `${'../'.repeat(12)}${outside().slice(1)}/there` }],
      ],
    ])('a layer that climbs out of its root: %s', async (_why, files) => {
      await mkdir(outside(), { recursive: true });
      await writeFile(join(outside(), 'there'), 'untouched\n');
      const there = files();
      // The path is too long for a plain ustar header where the temporary directory is deep.
      expect(Math.max(...there.map(({ path }) => path.length))).toBeLessThan(100);
      await images.push('evil:1', [tarOf(there)]);
      const fresh = await makeWorld();
      await fresh.write({ Dockerfile: `FROM ${registry.domain}/evil:1\nWORKDIR /w\n` });
      const result = await fresh.run('lock');
      await fresh.close();
      expectError(result, [4, 'TAR_UNSAFE', `${registry.domain}/evil:1`, 'at Dockerfile:1:6']);
      expect(await readdir(outside())).toEqual(['there']);
    });
  });
});

test.skipIf(process.getuid?.() !== 0)('a store that may not be written', async () => {
  const store = join(world.root, 'readonly');
  await mkdir(store);
  await chmod(store, 0o555);
  const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const args = ['lock', world.project, '--store', join(store, 'store'), '--cache-dir', join(world.root, 'c')];
  const result = await holdfast(args, { env: { HOME: world.home }, through });
  // The repository may lie where that user cannot read; then the program does not even start.
  if (!result.stderr.includes('Cannot find module'))
    expectError(result, [2, 'STORE_UNUSABLE', 'EACCES', '--store']);
});
