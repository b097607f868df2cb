// Where an image can go beside the store, and what can be said of it, by Docker's own options.
import { execFileSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDocker, type Docker } from './support-docker.ts';
import { lockedImage, makeWorld, type World } from './world.ts';

let world: World;
let image: string;
const at = (name: string) => join(world.root, name);

beforeAll(async () => {
  world = await makeWorld();
  await world.tinyBase();
  await world.write({
    Dockerfile: `FROM tiny:1
RUN mkdir -p /var/lib/dpkg /app && chown 5:6 /app && echo made > /app/file && chmod 4755 /app/file
COPY status /var/lib/dpkg/status
COPY os-release /etc/os-release
CMD ["cat", "/app/file"]
`,
    status: 'Package: hello\nStatus: install ok installed\nVersion: 2.10-3\nArchitecture: amd64\n\n',
    'os-release': 'ID=debian\n',
  });
  await world.succeed('lock');
  image = lockedImage(await world.readLock());
}, 300_000);
afterAll(() => world.close());

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly annotations?: Record<string, string> }[];
  readonly annotations?: Record<string, string>;
  readonly manifests: readonly {
    readonly digest: string;
    readonly platform: { readonly os: string };
    readonly annotations?: Record<string, string>;
  }[];
}

const blob = async (layout: string, digest: string) =>
  JSON.parse(await readFile(join(at(layout), 'blobs/sha256', digest.slice(7)), 'utf8')) as unknown;
const raw = (layout: string) =>
  JSON.parse(execFileSync('skopeo', ['inspect', '--raw', `oci:${at(layout)}`]).toString()) as Manifest;

test('files of the image, in a directory and in an archive', async () => {
  await world.succeed('build', ['-o', at('tree'), '-o', `type=tar,dest=${at('root.tar')}`]);
  expect(await readFile(at('tree/app/file'), 'utf8')).toBe('made\n');
  const { uid, mode } = await stat(at('tree/app/file'));
  expect([uid, mode & 0o7777]).toEqual([process.getuid?.(), 0o4755]);
  const listed = execFileSync('tar', ['--numeric-owner', '-tvf', at('root.tar')]).toString();
  expect(listed).toMatch(/^drwxr-xr-x 5\/6 .* app\/$/m);
  expect(listed).toMatch(/ bin\/busybox$/m);
});

test('an archive on standard output, and nothing else there', async () => {
  const { stdout } = await world.succeed('build', ['-o', '-', '-q']);
  expect(stdout).toContain('bin/busybox');
  expect(stdout).not.toContain('sha256:');
});

test('digests and names, as buildx writes them', async () => {
  const options = [
    '-t',
    'app',
    '-t',
    'example.org/app:2',
    '--metadata-file',
    at('facts'),
    '--iidfile',
    at('iid'),
  ];
  await world.succeed('build', [...options, '-o', `type=oci,tar=false,dest=${at('plain')}`]);
  const { manifests } = JSON.parse(await readFile(at('plain/index.json'), 'utf8')) as Manifest;
  expect(manifests.map(one => [one.digest, one.annotations?.['io.containerd.image.name']])).toEqual([
    [image, 'docker.io/library/app:latest'],
    [image, 'example.org/app:2'],
  ]);
  const facts = JSON.parse(await readFile(at('facts'), 'utf8')) as Record<string, unknown>;
  expect(facts).toMatchObject({
    'containerimage.digest': image,
    'containerimage.descriptor': { digest: image },
    'containerimage.config.digest': raw('plain:2').config.digest,
    'image.name': 'docker.io/library/app:latest,example.org/app:2',
  });
  expect(await readFile(at('iid'), 'utf8')).toBe(raw('plain:2').config.digest);
});

test('annotations, provenance and a list of what is installed, around the image that the lock names', async () => {
  const said = ['--provenance=mode=max', '--sbom', '--annotation', 'index:who=me', '-t', 'example.org/app:1'];
  for (const layout of ['said', 'again']) await world.succeed('build', [...said, '-o', `oci:${at(layout)}`]);
  expect(raw('said')).toEqual(raw('again'));
  const { manifests, annotations } = raw('said');
  expect(annotations).toEqual({ who: 'me' });
  const [runnable, claims] = manifests;
  expect(runnable?.digest).toBe(image);
  expect(claims).toMatchObject({
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.digest': image,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
  });
  const { layers } = (await blob('said', claims?.digest ?? '')) as Manifest;
  const statements = await Promise.all(layers.map(({ digest }) => blob('said', digest)));
  const subject = [{ name: 'pkg:docker/example.org/app@1', digest: { sha256: image.slice(7) } }];
  expect(statements).toMatchObject([
    {
      predicateType: 'https://spdx.dev/Document',
      subject,
      predicate: {
        spdxVersion: 'SPDX-2.3',
        packages: expect.arrayContaining([
          expect.objectContaining({
            name: 'hello',
            versionInfo: '2.10-3',
            externalRefs: [
              expect.objectContaining({ referenceLocator: 'pkg:deb/debian/hello@2.10-3?arch=amd64' }),
            ],
          }),
        ]),
      },
    },
    {
      predicateType: 'https://slsa.dev/provenance/v1',
      subject,
      predicate: {
        buildDefinition: {
          externalParameters: { dockerfile: 'Dockerfile' },
          resolvedDependencies: [
            { name: 'tiny:1', digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
          ],
        },
      },
    },
  ]);
  expect(JSON.stringify(statements)).not.toContain(world.root);
});

test('an annotated manifest is another one, of the same image', async () => {
  await world.succeed('build', ['--annotation', 'note=a=b', '-o', `oci:${at('noted')}`]);
  const noted = raw('noted');
  expect(noted.annotations).toEqual({ note: 'a=b' });
  expect(noted.config.digest).toBe(raw('plain:2').config.digest);
});

test.each([
  [['--load'], 'OUTPUT_INVALID'],
  [['-o', 'type=cloud'], 'OUTPUT_INVALID'],
  [['--provenance=some'], 'ATTESTATION_INVALID'],
  [['--annotation', 'nothing'], 'ANNOTATION_INVALID'],
])('%s', async (options, code) => {
  const { exit, json } = await world.run('build', [...options, '--json']);
  expect(exit).toBe(2);
  expect(json).toMatchObject({ error: { code } });
});

test('--load gives the image to a running Docker, which runs it', async context => {
  const started = await startDocker();
  if (typeof started === 'string') return context.skip(started);
  const docker: Docker = started;
  try {
    const env = { DOCKER_HOST: docker.host };
    await world.succeed('build', ['-t', 'example.org/loaded:1', '--load'], { env });
    const run = await docker.docker(['run', '--rm', '--network=none', 'example.org/loaded:1']);
    expect(run.stdout).toBe('made\n');
  } finally {
    await docker.stop();
  }
  const { exit, json } = await world.run('build', ['-t', 'x', '--load', '--json'], {
    env: { DOCKER_HOST: 'unix:///proc/self/nowhere' },
  });
  expect(exit).toBe(5);
  expect(json).toMatchObject({ error: { code: 'DOCKER_UNREACHABLE' } });
});
