import { text, type Case } from '../case.ts';

/** An image that has settings, and one on it that says more. */
const on = (name: string, of: readonly string[], below: string, above: string): Case => ({
  name,
  of,
  dockerfile: `FROM tiny:1 AS below\n${below}\nFROM below\n${above}\n`,
});

/** What an image's configuration says, and what it has from its base. */
export const config: readonly Case[] = [
  {
    name: 'all instructions that say something of the image',
    of: ['edgecases', 'exposed default', 'Labels'],
    dockerfile: text`
      FROM tiny:1
      MAINTAINER somebody <s@example.org>
      ONBUILD RUN ["echo", "test"]
      ONBUILD COPY . /
      # a comment \
      RUN    sh -c 'echo one \
              two > /words'
      ENV ONE 1 TWO 3
      EXPOSE 3000
      EXPOSE 9000 5000/udp 6000-6002
      USER app
      USER app:root
      VOLUME ["/test"]
      VOLUME ["/test", "/test2"]
      VOLUME /test3 /test4
      WORKDIR /test
      LABEL a=1 "b c"="d e" f='g \
      h'
      STOPSIGNAL SIGUSR1
      CMD ["echo", "test"]
      CMD echo 'test' | wc -
    `,
  },
  on('CMD of its own', [], 'CMD one', 'CMD ["two", "three"]'),
  on('an ENTRYPOINT does away with the CMD below', [], 'CMD one', 'ENTRYPOINT ["two"]'),
  on('an ENTRYPOINT keeps a CMD of its own stage', [], 'CMD one', 'CMD two\nENTRYPOINT ["three"]'),
  on('the ENTRYPOINT below stays', [], 'ENTRYPOINT two', 'CMD ["one"]'),
  on('ENV adds and replaces', [], 'ENV A=1 B=2', 'ENV C=3 A=4'),
  on('EXPOSE adds', ['ExposeExpansion'], 'EXPOSE 80', 'ARG p=90\nEXPOSE $p/udp 80/tcp'),
  on('LABEL adds and replaces', [], 'LABEL A=1 B=2', 'LABEL C=3 A=4'),
  on('VOLUME adds', [], 'VOLUME /one', 'VOLUME /two'),
  on('STOPSIGNAL replaces', [], 'STOPSIGNAL 9', 'STOPSIGNAL SIGTERM'),
  on('USER and WORKDIR replace', [], 'USER 1000:1000\nWORKDIR /one', 'USER 1001:1001\nWORKDIR two'),
  on(
    'HEALTHCHECK replaces',
    [],
    'HEALTHCHECK CMD true',
    'HEALTHCHECK --interval=1s --timeout=2s --start-period=3s --retries=4 CMD ["/bin/false"]',
  ),
  on('HEALTHCHECK NONE', [], 'HEALTHCHECK CMD true', 'HEALTHCHECK NONE'),
  on(
    'triggers run once, and are gone',
    ['OnBuildCleared'],
    'ONBUILD RUN echo x >> /x\nONBUILD USER app',
    'LABEL C=3',
  ),
  on('a shell', ['shell test', 'CmdShell'], 'SHELL ["/bin/sh", "-ec"]', 'RUN echo $- > /flags\nCMD one two'),
  {
    name: 'forms of RUN',
    of: ['run with JSON', 'InvalidJSONCommands'],
    dockerfile: text`
      FROM tiny:1
      RUN echo first second > /a
      RUN ["/bin/sh", "-c", "echo inner $1 > /b", "", "outer"]
      RUN ['echo' > /c || echo "no JSON" > /c
    `,
  },
  {
    name: 'a name nobody knows',
    of: ['DockerfileInvalidInstruction'],
    dockerfile: 'FROM tiny:1\nFNTRYPOINT x\n',
    code: 'DOCKERFILE_UNKNOWN_INSTRUCTION',
  },
  {
    name: 'a command that fails',
    of: ['DockerfileInvalidCommand'],
    dockerfile: 'FROM tiny:1\nRUN exit 3\n',
    code: 'STEP_FAILED',
  },
  {
    name: 'small letters',
    of: ['DockerfileLowercase'],
    dockerfile: 'from tiny:1 as Base\nrun echo x > /x\nfrom bAsE\ncmd ["x"]\n',
    ours: {
      why: 'newer BuildKit knows stages whatever their letters',
      tree: { x: 'file 644 0:0 "x\\n"' },
      config: { Env: ['PATH=/bin'], Cmd: ['x'] },
    },
  },
  {
    name: 'nothing on scratch but a label',
    of: ['DockerfileScratchConfig', 'PullScratch'],
    dockerfile: 'FROM scratch\nLABEL a=b\nENV foo=bar\n',
    ours: {
      why: 'newer BuildKit has images without layers',
      tree: {},
      config: {
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'foo=bar'],
        Labels: { a: 'b' },
      },
    },
  },
  {
    name: 'a target that is not there',
    of: ['TargetMistype'],
    dockerfile: 'FROM tiny:1 AS build\nRUN true\n',
    target: 'bulid',
    code: 'STAGE_UNKNOWN',
  },
];
