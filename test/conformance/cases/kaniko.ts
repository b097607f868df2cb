import { archive, executable, text, type Case } from '../case.ts';

/** `cap_net_raw+ep` (capabilities(7), "File capability extended attribute versioning", 2). */
const netRaw = '0100000200200000000000000000000000000000';

/** What forks of kaniko had to mend, and no other case asks. */
export const kaniko: readonly Case[] = [
  {
    name: 'capabilities of a file go along from a stage',
    dockerfile: text`
      FROM tiny:1 AS made
      ADD in.tar /opt/
      FROM scratch
      COPY --from=made /opt/ping /one
      COPY --from=made /opt /all
    `,
    files: { 'in.tar': archive({ ping: { text: 'x', mode: 0o755, capability: netRaw } }) },
    by: 'buildah',
  },
  {
    name: 'a mode by which nobody may enter a directory does not keep its files out',
    dockerfile: text`
      FROM tiny:1
      COPY --chmod=600 --chown=7:8 dir /new/dir
      RUN ls /new/dir/sub > /seen
    `,
    files: { 'dir/file': 'x', 'dir/sub/file': executable('y') },
    expect: {
      tree: {
        new: 'dir 600 7:8',
        'new/dir': 'dir 600 7:8',
        'new/dir/file': 'file 600 7:8 "x"',
        'new/dir/sub': 'dir 600 7:8',
        'new/dir/sub/file': 'file 600 7:8 "y"',
        seen: 'file 644 0:0 "file\\n"',
      },
      config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
    },
  },
  {
    name: 'a sticky bit of a directory goes along from a stage',
    dockerfile: text`
      FROM tiny:1 AS made
      RUN mkdir -m 1777 /drop && mkdir -m 2775 /drop/group
      FROM scratch
      COPY --from=made /drop /drop
      COPY --from=made /drop /in/
    `,
  },
  {
    name: 'a group that USER names is the group of commands',
    dockerfile: text`
      FROM tiny:1
      RUN mkdir -m 777 /o
      USER app:root
      RUN id -u > /o/1 && id -G >> /o/1 && touch /o/2
      USER 7:app
      RUN id -u > /o/3 && id -G >> /o/3
    `,
  },
  {
    name: 'VOLUME makes no directory',
    dockerfile: 'FROM scratch\nVOLUME /data /other/place\n',
    ours: {
      why: 'newer BuildKit has images without layers',
      tree: {},
      config: {
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        Volumes: ['/data', '/other/place'],
      },
    },
  },
  {
    name: 'a command that changes nothing makes no file',
    dockerfile: 'FROM tiny:1\nRUN cat /etc/passwd\nRUN touch /a && rm /a\nWORKDIR /\n',
    history: true,
    ours: {
      why: 'what changes no file makes no layer either, which is the point; BuildKit’s are empty',
      history: [
        'RUN /bin/sh -c cat /etc/passwd # buildkit (no layer)',
        'RUN /bin/sh -c touch /a && rm /a # buildkit (no layer)',
        'WORKDIR / (no layer)',
      ],
    },
  },
];
