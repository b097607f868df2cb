import { link, text, type Case } from '../case.ts';

/** Stages, working directories, users, volumes and mounts. */
export const stages: readonly Case[] = [
  {
    name: 'a stage on a stage has its files and variables',
    of: ['multi stage base', 'multi-stage-through-base'],
    dockerfile:
      'FROM tiny:1 AS base\nRUN echo x > /1\nENV LOCAL=/1\nRUN find $LOCAL\nFROM base\nRUN find $LOCAL > /found\n',
  },
  {
    name: 'what is written to a mount of a stage is gone',
    of: ['multistage-copyback'],
    dockerfile: text`
      FROM tiny:1 AS base
      RUN echo 1 > /1.txt
      FROM tiny:1
      RUN --mount=type=bind,from=base,target=/base,rw echo 2 > /base/2.txt
      RUN --mount=type=bind,from=base,target=/base mkdir /out && cp -a /base/*.txt /out/
    `,
    ours: { why: 'nothing is left where a mount was, in newer BuildKit neither', tree: { base: undefined } },
  },
  {
    name: 'volumes keep what is copied to them',
    of: ['volume'],
    dockerfile: 'FROM tiny:1\nADD a /var/www/\nVOLUME /var/www\nADD a /var/\nVOLUME /var\nADD b /var/\n',
    files: { a: 'a', b: 'b' },
  },
  {
    name: 'volumes keep what commands write',
    of: ['volumerun'],
    dockerfile:
      'FROM tiny:1\nADD a /var/www/\nVOLUME /var/www\nADD b /var/www/\nRUN cp /var/www/b /var/www/c\nADD d /var/www/\n',
    files: { a: 'a', b: 'b', d: 'd' },
  },
  {
    name: 'volumes keep their new owners',
    of: ['chown-volume'],
    dockerfile:
      'FROM tiny:1 AS first\nRUN mkdir /va /vb\nVOLUME /va\nVOLUME /vb /vc\nFROM first\nRUN chown 1000:1000 /va /vb\n',
  },
  {
    name: 'a working directory is the user’s',
    of: ['workdir-owner', 'WorkdirUser', 'WorkdirCreatesDir'],
    dockerfile:
      'FROM tiny:1\nUSER app\nWORKDIR /made/by\nUSER 7\nWORKDIR /by/number\nUSER 7:8\nWORKDIR /and/group\n',
  },
  {
    name: 'a working directory of a user nobody knows is root’s',
    dockerfile: 'FROM tiny:1\nUSER stranger\nWORKDIR /made\n',
  },
  {
    name: 'a working directory that ends in a slash',
    of: ['workdir with trailing separator', 'WorkdirExists'],
    dockerfile: 'FROM tiny:1\nUSER app\nWORKDIR /tmp/\n',
    ours: { why: 'newer BuildKit writes it without', config: { WorkingDir: '/tmp' } },
  },
  {
    name: 'a working directory that is there',
    of: ['workdir without trailing separator'],
    dockerfile: 'FROM tiny:1\nUSER app\nWORKDIR /tmp\n',
  },
  {
    name: 'a deep working directory, and what a command sees',
    of: ['ci-pipeline-modified', 'DefaultShellAndPath'],
    dockerfile:
      'FROM tiny:1\nWORKDIR /go/src/example.org/\nENV GOPATH=/go\nRUN pwd > /where && echo $GOPATH $HOME $PATH > /env\n',
    ours: {
      why: 'newer BuildKit writes it without the slash',
      config: { WorkingDir: '/go/src/example.org' },
    },
  },
  {
    name: 'users, their groups and homes',
    of: ['User', 'UserAdditionalGids'],
    dockerfile: text`
      FROM tiny:1
      RUN echo 'more:x:50:app' >> /etc/group && mkdir -m 777 /o
      USER app
      RUN echo "$(id -u) $(id -G) $HOME" > /o/1
      USER 1000:50
      RUN echo "$(id -u) $(id -G)" > /o/2
      USER 77
      RUN echo "$(id -u) $(id -G) $HOME" > /o/3
    `,
  },
  {
    name: 'mounts of the context and of nothing',
    of: ['MountContext', 'MountTmpfs', 'mount-targets-new', 'mount-targets-old', 'mount-targets-mount'],
    dockerfile: text`
      FROM tiny:1
      RUN --mount=target=/context --mount=type=tmpfs,target=/empty cp /context/a /a && ls /empty > /b && touch /empty/x
    `,
    files: { a: 'a' },
    ours: {
      why: 'nothing is left where mounts were',
      tree: { context: undefined, empty: undefined, dev: undefined, proc: undefined, sys: undefined },
    },
  },
  {
    name: 'caches are one for each owner',
    of: ['mount-cache-by-ownership', 'CacheMountUser'],
    dockerfile: text`
      FROM tiny:1
      RUN --mount=type=cache,id=a,uid=10,target=/c stat -c '%u %a' /c > /a && chown 10 /a
      USER 10
      RUN --mount=type=cache,id=a,uid=10,target=/c touch /c/10
      USER 0
      RUN --mount=type=cache,id=a,uid=10,target=/c ls /c > /b
    `,
    ours: { why: 'nothing is left where a mount was, in newer BuildKit neither', tree: { c: undefined } },
  },
  {
    name: 'a link at the place of the Dockerfile',
    of: ['SymlinkedDockerfile'],
    dockerfile: 'FROM scratch\nCOPY a /\n',
    files: { a: 'a', b: link('a') },
  },
  {
    name: 'a secret',
    of: ['SecretFileParams'],
    dockerfile:
      'FROM tiny:1\nRUN --mount=type=secret,id=s,mode=0440,uid=3,gid=4 stat -c "%a %u:%g" /run/secrets/s > /o && wc -c < /run/secrets/s >> /o\n',
    secrets: { s: 'hidden-value' },
    ours: {
      why: 'nothing is left where a mount was, in newer BuildKit neither',
      tree: { 'run/secrets': undefined },
    },
  },
  {
    name: 'a secret that is needed and not given',
    of: ['SecretRequiredWithoutValue'],
    dockerfile: 'FROM tiny:1\nRUN --mount=type=secret,id=s,required=true true\n',
    code: 'MOUNT_NOT_GIVEN',
  },
];
