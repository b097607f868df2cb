// Command lines that ran kaniko's executor, given to this program.
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  noDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from '../src/registry/testing/docker-registry.ts';
import { holdfast, lockedImage, makeWorld, type World } from './world.ts';

let world: World;
let registry: DockerRegistry | undefined;
if (noDockerRegistry) console.log(`skipped: pushing, ${noDockerRegistry}`);
const at = (name: string) => join(world.root, name);

beforeAll(async () => {
  world = await makeWorld();
  if (!noDockerRegistry) registry = await startDockerRegistry();
  await world.tinyBase();
  await world.write({
    'part/Dockerfile.app': 'FROM tiny:1\nARG WHAT\nRUN echo $WHAT > /what\nCOPY file /file\n',
    'part/file': 'x',
  });
}, 300_000);
afterAll(() => Promise.all([world.close(), registry?.stop()]));

const executor = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  holdfast(['executor', '--progress', 'plain', ...args], {
    cwd: world.root,
    env: { HOME: world.home, ...env },
  });

test.skipIf(noDockerRegistry !== undefined)(
  'a command line of a CI job pushes, and writes the files that later jobs read',
  async () => {
    const name = `${registry?.domain}/team/app`;
    const args = [
      '--dockerfile=Dockerfile.app',
      '--context-sub-path=part',
      `--destination=${name}:1`,
      `--destination=${name}:latest`,
    ];
    args.push(
      '--build-arg=WHAT=this',
      '--cache=true',
      `--cache-repo=${registry?.domain}/team/cache`,
      '--snapshot-mode=redo',
      '--use-new-run',
      '--cleanup',
    );
    args.push(
      `--digest-file=${at('digest')}`,
      `--image-name-with-digest-file=${at('name')}`,
      `--image-name-tag-with-digest-file=${at('tagged')}`,
    );
    args.push(`--tar-path=${at('app.tar')}`, `--oci-layout-path=${at('layout')}`);
    const first = await executor([`--context=dir://${world.project}`, ...args], { CI: 'true' });
    expect(first.stderr).toContain('--snapshot-mode changes nothing');
    expect(first.stderr).not.toMatch(/--(?:context-sub-path|no-push-cache) changes/);
    expect(first.exit).toBe(0);
    expect(first.stderr).toContain(`/team/cache:holdfast is not used`);
    expect(first.stderr).toMatch(/^left the results of \d steps in docker:.*\/team\/cache:holdfast$/m);
    const digest = await readFile(at('digest'), 'utf8');
    expect(first.stdout.trim()).toBe(digest);
    expect(lockedImage(await readFile(join(world.project, 'part/holdfast.lock'), 'utf8'))).toBe(digest);
    expect(await readFile(at('name'), 'utf8')).toBe(`${name}@${digest}\n${name}@${digest}\n`);
    expect(await readFile(at('tagged'), 'utf8')).toBe(`${name}:1@${digest}\n${name}:latest@${digest}\n`);
    expect((await stat(at('app.tar'))).size).toBeGreaterThan(1000);
    const pushed = execFileSync('skopeo', [
      'inspect',
      '--tls-verify=false',
      '--format={{.Digest}}',
      `docker://${name}:latest`,
    ]);
    expect(pushed.toString().trim()).toBe(digest);
  },
);

test('a lock that is there is enforced', async () => {
  await world.write({ 'part/Dockerfile.app': 'FROM tiny:1\nRUN echo other > /what\n' });
  const args = ['-c', join(world.project, 'part'), '-f', 'Dockerfile.app', '--no-push', '--json'];
  const { exit, json } = await executor(args);
  expect([exit, json]).toMatchObject([3, { error: { code: 'LOCK_STALE' } }]);
  await rm(join(world.project, 'part/holdfast.lock'));
  expect((await executor(args)).exit).toBe(0);
});

test('a tar as the context', async () => {
  await mkdir(at('packed'));
  execFileSync('tar', [
    '-C',
    join(world.project, 'part'),
    '-czf',
    at('context.tar.gz'),
    'Dockerfile.app',
    'file',
  ]);
  const { exit, stderr } = await executor([
    '-c',
    `tar://${at('context.tar.gz')}`,
    '-f',
    'Dockerfile.app',
    '--no-push',
    '--lockfile',
    at('tar.lock'),
  ]);
  expect(stderr).not.toContain('error');
  expect(exit).toBe(0);
});

test.each([
  [['--no-push', '--single-snapshot'], 'EXECUTOR_FLAG'],
  [['--no-push', '--skip-tls-verify'], 'EXECUTOR_FLAG'],
  [['--no-push', '--context=s3://bucket/x'], 'EXECUTOR_CONTEXT'],
  [[], 'EXECUTOR_DESTINATION'],
])('%s', async (args, code) => {
  const { exit, json } = await executor(['--context', world.project, ...args, '--json']);
  expect(exit).toBe(2);
  expect(json).toMatchObject({ error: { code } });
});
