import { text, type Case } from '../case.ts';
import { tiny } from './tiny.ts';

const trees = text`
  FROM tiny:1 AS made
  RUN mkdir -p /t/a/b/c/d/e /t/a/b2/c/d/e /t/a/b/c2/d/e /t/a/b/c2/d/e2
  RUN cd /t/a && touch b/c/d/foo b/c/d/e/bay b2/c/d/e/bar b/c2/d/e/baz b/c2/d/e2/baz
  FROM scratch
`;
const scratch = { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] };

/** What `COPY --parents` of another stage brings. */
const parents = (of: string, sources: string, files: readonly string[]): Case => {
  const directories = files.flatMap(path => path.split('/').map((_, n, all) => all.slice(0, n).join('/')));
  const lines = [
    ...directories.filter(path => path !== '').map(path => [path, 'dir 755 0:0']),
    ...files.map(path => [path, path.endsWith('/') || path === 'out' ? 'dir 755 0:0' : 'file 644 0:0 ""']),
  ] as [string, string][];
  return {
    name: `--parents of a stage: ${sources}`,
    of: [of],
    dockerfile: `${trees}COPY --from=made --parents ${sources} /out/\n`,
    expect: { tree: Object.fromEntries(lines), config: scratch },
  };
};

const stageNames = text`
  FROM tiny:1 AS base
  RUN echo "[$TARGETSTAGE]" > /first
  ARG TARGETSTAGE
  RUN echo "[$TARGETSTAGE]" > /second
  FROM base AS other
`;

/** Commands that are right when they succeed, in one stage. */
const runs = (name: string, of: readonly string[], dockerfile: string, more: Partial<Case> = {}): Case => ({
  name,
  of,
  dockerfile,
  expect: { tree: {}, config: tiny },
  ...more,
});

/** Mounts, secrets, stages and arguments, as BuildKit's own tests have them; the oracles are older than most. */
export const mounts: readonly Case[] = [
  runs(
    'a cache is known by its target',
    ['CacheMountDefaultID'],
    text`
      FROM tiny:1
      RUN --mount=type=cache,target=/one touch /one/a
      RUN --mount=type=cache,target=/two [ ! -f /two/a ]
      RUN --mount=type=cache,target=/one [ -f /one/a ]
    `,
  ),
  runs(
    'variables in mounts',
    ['MountEnvVar', 'MountArg', 'MountMetaArg'],
    text`
      ARG above=/tmp/above
      FROM tiny:1
      ENV place=/one
      ARG kind=cache
      ARG above
      RUN --mount=type=cache,target=/one touch /one/a
      RUN --mount=type=$kind,target=$place [ -f $place/a ]
      RUN --mount=type=cache,id=c,target=/tmp/above touch /tmp/above/b
      RUN --mount=type=cache,id=c,target=$above [ -f /tmp/above/b ]
    `,
    { expect: { tree: {}, config: { ...tiny, Env: [...tiny.Env, 'place=/one'] } } },
  ),
  runs(
    'variables in mounts, of the stage below',
    ['MountEnvAcrossStages'],
    text`
      FROM tiny:1 AS below
      ENV id=shared kind=cache
      RUN --mount=type=cache,id=shared,target=/one touch /one/a
      RUN --mount=type=$kind,id=$id,target=/two [ -f /two/a ]
      FROM below
      RUN --mount=type=$kind,id=$id,target=/three [ -f /three/a ]
    `,
    { expect: { tree: {}, config: { ...tiny, Env: [...tiny.Env, 'id=shared', 'kind=cache'] } } },
  ),
  {
    name: 'no variables in the source of a mount',
    of: ['MountFromError'],
    dockerfile: text`
      FROM tiny:1 AS below
      FROM tiny:1
      ENV which=below
      RUN --mount=from=$which,type=cache,target=/tmp ls
    `,
    code: 'DOCKERFILE_MOUNT',
  },
  runs(
    'the size of what is in memory',
    ['MountTmpfsSize'],
    'FROM tiny:1\nRUN --mount=type=tmpfs,target=/dev/shm,size=128m grep " /dev/shm .*size=131072k" /proc/mounts\n',
  ),
  {
    name: 'a mount in a mount',
    of: ['MountDuplicate'],
    dockerfile: text`
      FROM tiny:1
      RUN --mount=source=.,target=/tmp/all --mount=source=b,target=/tmp/b cat /tmp/all/a /tmp/b > /out
    `,
    files: { a: 'foo\n', b: 'bar\n' },
    expect: { tree: { out: 'file 644 0:0 "foo\\nbar\\n"' }, config: tiny },
  },
  {
    name: 'a cache in a cache, in stages side by side',
    of: ['CacheMountParallel'],
    dockerfile: text`
      FROM tiny:1 AS one
      RUN --mount=type=cache,target=/c/d --mount=type=cache,target=/c/d/e echo 1
      FROM tiny:1 AS two
      RUN --mount=type=cache,target=/c/d --mount=type=cache,target=/c/d/e echo 2
      FROM scratch
      COPY --from=one /etc/group one
      COPY --from=two /etc/group two
    `,
    expect: {
      tree: {
        one: 'file 644 0:0 "root:x:0:\\napp:x:1000:\\n"',
        two: 'file 644 0:0 "root:x:0:\\napp:x:1000:\\n"',
      },
      config: scratch,
    },
  },
  {
    name: 'a source in a cache that leads out of it',
    of: ['CacheMountSourceEscape'],
    dockerfile: text`
      FROM tiny:1 AS init
      RUN --mount=type=cache,id=c,target=/c mkdir /c/sel && echo good > /c/sel/good
      FROM init AS link
      RUN --mount=type=cache,id=c,target=/c rm -r /c/sel && ln -s /etc /c/sel
      FROM link
      RUN --mount=type=cache,id=c,source=sel,target=/m cat /m/passwd
    `,
    code: 'SANDBOX_MOUNT_SOURCE',
  },
  runs(
    'a secret in the environment',
    ['SecretAsEnviron'],
    text`
      FROM tiny:1
      ENV S=foo
      RUN --mount=type=secret,id=s,env=S [ "$S" = hidden-value ] && [ ! -f /run/secrets/s ]
    `,
    {
      secrets: { s: 'hidden-value' },
      expect: { tree: {}, config: { ...tiny, Env: [...tiny.Env, 'S=foo'] } },
    },
  ),
  runs(
    'a secret in the environment and in a file',
    ['SecretAsEnvironWithFileMount'],
    'FROM tiny:1\nRUN --mount=type=secret,id=s,target=/run/secrets/file,env=S [ "$S" = "$(cat /run/secrets/file)" ]\n',
    { secrets: { s: 'hidden-value' } },
  ),
  runs(
    'COPY --link into the working directory, as a dot and as nothing',
    ['CopyLinkDotDestDir', 'CopyLinkEmptyDestDir'],
    text`
      FROM tiny:1
      WORKDIR /var/www
      ENV empty=""
      COPY --link a .
      COPY --link b $empty
    `,
    {
      files: { a: 'a', b: 'b' },
      expect: {
        tree: {
          'var/www': 'dir 755 0:0',
          'var/www/a': 'file 644 0:0 "a"',
          'var/www/b': 'file 644 0:0 "b"',
        },
        config: { ...tiny, Env: [...tiny.Env, 'empty='], WorkingDir: '/var/www' },
      },
    },
  ),
  runs(
    'RUN has nothing to do with an ENTRYPOINT',
    ['IgnoreEntrypoint'],
    'FROM tiny:1\nENTRYPOINT ["/none"]\nRUN ["ls"]\n',
    {
      expect: { tree: {}, config: { Env: tiny.Env, Entrypoint: ['/none'] } },
    },
  ),
  {
    name: 'ARG: a message of one’s own above FROM',
    of: ['GlobalArgErrors'],
    dockerfile: 'ARG FOO=${FOO:?"given by hand"}\nFROM tiny:1\n',
    code: 'DOCKERFILE_VARIABLE_REQUIRED',
    ours: { why: 'newer BuildKit knows the form', fails: true },
  },
  {
    name: 'ARG: the same, with a value',
    of: ['GlobalArgErrors'],
    dockerfile: 'ARG FOO=${FOO:?"given by hand"}\nFROM tiny:1\n',
    args: { FOO: 'bar' },
    expect: { tree: {}, config: tiny },
  },
  ...(
    [
      ['other', 'the one that is asked for'],
      [undefined, 'the last one, without a name'],
      [undefined, 'the last one, by its name', 'final'],
    ] as const
  ).map(
    ([target, what, last]): Case => ({
      name: `ARG: TARGETSTAGE, ${what}`,
      of: ['TargetStageNameArg'],
      dockerfile: `${stageNames}FROM base${last === undefined ? '' : ` AS ${last}`}\n`,
      ...(target !== undefined && { target }),
      expect: {
        tree: { first: 'file 644 0:0 "[]\\n"', second: `file 644 0:0 "[${target ?? last ?? 'default'}]\\n"` },
        config: tiny,
      },
    }),
  ),
  {
    name: 'an image as a source, and a stage in its place',
    of: ['MultiStageImplicitFrom'],
    dockerfile: text`
      FROM tiny:1 AS other
      RUN echo stage > /etc/group
      FROM scratch
      COPY --from=tiny:1 /etc/group image
      COPY --from=other /etc/group stage
    `,
  },
  {
    name: 'a file without stages',
    of: ['EmptyStages'],
    dockerfile: 'ARG foo=bar\n',
    code: 'DOCKERFILE_NO_STAGE',
    expect: {},
    ours: { why: 'that release of BuildKit breaks down at it', fails: true },
  },
  {
    name: 'a source in another stage does not begin in its working directory',
    of: ['WorkdirCopyIgnoreRelative'],
    dockerfile: text`
      FROM tiny:1 AS base
      WORKDIR /foo
      COPY a /
      FROM scratch
      COPY --from=base a .
    `,
    files: { a: 'a' },
  },
  {
    name: 'triggers of a stage, and what is built on the stage that has them',
    of: ['OnBuildInheritedStageRun', 'OnBuildInheritedStageWithFrom', 'OnBuildWithChildStage'],
    dockerfile: text`
      FROM tiny:1 AS src
      RUN echo 12 > /file
      FROM tiny:1 AS base
      ONBUILD RUN echo 11 >> /foo
      ONBUILD COPY --from=src /file /from
      FROM base AS mid
      RUN cat /foo /from > /bar && rm /foo
      FROM mid
      RUN [ ! -f /foo ] && echo child > /child
    `,
    expect: {
      tree: {
        bar: 'file 644 0:0 "11\\n12\\n"',
        child: 'file 644 0:0 "child\\n"',
        from: 'file 644 0:0 "12\\n"',
      },
      config: tiny,
    },
  },
  runs(
    'a trigger with a cache',
    ['OnBuildWithCacheMount'],
    text`
      FROM tiny:1 AS base
      ONBUILD RUN --mount=type=cache,target=/c echo 42 >> /c/foo && echo 11 >> /bar
      FROM base
      RUN --mount=type=cache,target=/c [ "$(cat /c/foo)" = 42 ] && [ "$(cat /bar)" = 11 ] && rm /bar
    `,
  ),
  {
    name: 'a trigger that mounts a stage',
    of: ['OnBuildNewDeps', 'OnBuildNamedContext'],
    dockerfile: text`
      FROM tiny:1 AS base
      ONBUILD RUN --mount=type=bind,target=/in,from=input cat /in/foo > /bar
      FROM tiny:1 AS input
      RUN echo foo > /foo
      FROM base
      RUN cat /bar > /again
    `,
    expect: { tree: { again: 'file 644 0:0 "foo\\n"', bar: 'file 644 0:0 "foo\\n"' }, config: tiny },
  },
  runs(
    'the name that BuildKit’s argument asks for',
    ['DockerfileCheckHostname'],
    text`
      FROM tiny:1
      RUN grep -q foo /etc/hosts && [ "$(hostname) $HOSTNAME" = "foo foo" ] && [ "$(cat /etc/hostname)" = foo ]
    `,
    { args: { BUILDKIT_SANDBOX_HOSTNAME: 'foo' } },
  ),
  parents('CopyRelativeParents', '/t/a/b/./c/d', ['out/c/d/foo', 'out/c/d/e/bay']),
  parents('CopyRelativeParents', '/t/a/b/c/d/.', ['out/t/a/b/c/d/foo', 'out/t/a/b/c/d/e/bay']),
  parents('CopyRelativeParents', './t/a/b/c/d', ['out/t/a/b/c/d/foo', 'out/t/a/b/c/d/e/bay']),
  parents('CopyRelativeParents', '/t/a/./b/./c', ['out/b/c/d/foo', 'out/b/c/d/e/bay']),
  parents('CopyRelativeParents', '/t/a/./*/c', ['out/b/c/d/foo', 'out/b/c/d/e/bay', 'out/b2/c/d/e/bar']),
  parents('CopyRelativeParents', '/t/a/b*/./c/**/e', ['out/c/d/e/bay', 'out/c/d/e/bar']),
  parents('CopyRelativeParents', '/t/a/b/c*/./d/**/baz /t/a/b*/./c/**/bar', [
    'out/d/e/baz',
    'out/d/e2/baz',
    'out/c/d/e/bar',
  ]),
  parents('CopyParentsMissingDirectory', '/t/a/b2*/x', ['out']),
  parents('CopyParentsMissingDirectory', '/t/a/b/./x*', ['out']),
  {
    name: '--parents of a stage: a file that is not there',
    of: ['CopyParentsMissingDirectory'],
    dockerfile: `${trees}COPY --from=made --parents /t/none /out/\n`,
    code: 'COPY_SOURCE_MISSING',
    expect: {},
    ours: { why: 'that release of BuildKit does not know it', fails: true },
  },
];
