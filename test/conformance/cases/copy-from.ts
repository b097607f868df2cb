import { text, type Case } from '../case.ts';

/** A stage with a file, and another that takes it. */
const taken = (copy: string, before = '') => `FROM tiny:1 AS maker
RUN mkdir -p /d/e && echo one > /d/e/1 && echo two > /d/e/2 && echo top > /top
FROM tiny:1
${before}${copy}
`;

/** COPY --from: files of other stages, and where they end up. */
export const copyFrom: readonly Case[] = [
  {
    name: 'a file goes into the root',
    of: ['copy file to root'],
    dockerfile: taken('COPY --from=maker /top /'),
  },
  {
    name: 'a file keeps its place',
    of: ['copy file to same file'],
    dockerfile: taken('COPY --from=maker /top /top'),
  },
  {
    name: 'a file goes into the working directory',
    of: ['copy file to workdir'],
    dockerfile: taken('COPY --from=maker /top .', 'WORKDIR /w\n'),
  },
  {
    name: 'a file gets a name in the working directory',
    of: ['copy file to workdir rename'],
    dockerfile: taken('COPY --from=maker /top ./other', 'WORKDIR /w\n'),
  },
  {
    name: 'the content of a directory moves up',
    of: ['copy folder contents to higher level'],
    dockerfile: taken('COPY --from=maker /d/e/ /e/'),
  },
  {
    name: 'what a wildcard finds moves up',
    of: ['copy wildcard folder contents to higher level'],
    dockerfile: taken('COPY --from=maker /d/e/* /e/'),
  },
  {
    name: 'a dot at the end is the directory itself',
    of: ['copy folder with dot contents to higher level'],
    dockerfile: taken('COPY --from=maker /d/e/. /e/'),
  },
  {
    name: 'a file gets another name in the root',
    of: ['copy root file to different root name'],
    dockerfile: taken('COPY --from=maker /top /bottom'),
  },
  {
    name: 'a file from below gets a name in the root',
    of: ['copy nested file to different root name'],
    dockerfile: taken('COPY --from=maker /d/e/1 /one'),
  },
  {
    name: 'directories are made for a target that ends in a slash',
    of: ['copy file to deeper directory with explicit slash'],
    dockerfile: taken('COPY --from=maker /d/e/1 /a/b/c/'),
  },
  {
    name: 'directories are made for a target that is a file',
    of: ['copy file to deeper directory without explicit slash'],
    dockerfile: taken('COPY --from=maker /d/e/1 /a/b/c'),
  },
  {
    name: 'directories are made for the content of a directory',
    of: ['copy directory to deeper directory without explicit slash'],
    dockerfile: taken('COPY --from=maker /d/e /a/b/c'),
  },
  {
    name: 'a source without a slash is below the root',
    of: ['copy directory to root without explicit slash'],
    dockerfile: taken('COPY --from=maker d/e /a'),
  },
  {
    name: 'a source without a slash that ends in a dot',
    of: ['copy directory trailing to root without explicit slash'],
    dockerfile: taken('COPY --from=maker d/e/. /a'),
  },
  {
    name: 'a stage by its number, and in other letters',
    of: ['DockerfileCopyFromArgs', 'MultiStageCaseInsensitive'],
    dockerfile: taken('COPY --from=0 /top /zero\nCOPY --from=MAKER /top /named'),
  },
  {
    name: "the other stage's working directory does not matter",
    of: ['file-in-workdir-in-other-stage'],
    dockerfile: text`
      FROM scratch AS maker
      COPY a /w/
      WORKDIR /w
      FROM maker
      COPY --from=maker . .
    `,
    files: { a: 'a' },
  },
  {
    name: 'hard links stay linked',
    of: ['stage-container-as-source-plus-hardlinks'],
    dockerfile: text`
      FROM tiny:1 AS maker
      RUN mkdir -p /out/sub && echo linked > /out/one && ln /out/one /out/sub/two && ln /out/one /out/sub/three
      FROM scratch
      COPY --from=maker /out/sub /sub
    `,
  },
  {
    name: 'special permissions stay',
    of: ['setuid-file-in-other-stage'],
    dockerfile: text`
      FROM tiny:1
      RUN mkdir /a && echo x > /a/setuid && chmod 4755 /a/setuid && echo x > /a/setgid && chmod 2755 /a/setgid
      RUN echo x > /a/sticky && chmod 1755 /a/sticky && mkdir /a/tmp && chmod 1777 /a/tmp
      FROM scratch
      COPY --from=0 /a/setuid /a/setgid /a/sticky /
      COPY --from=0 /a /all
    `,
  },
  {
    name: 'dates stay',
    dockerfile: text`
      FROM tiny:1
      RUN echo x > /old && touch -d '2001-02-03 04:05:06' /old
      FROM scratch
      COPY --from=0 /old /old
    `,
    dated: ['old'],
  },
  {
    name: 'owners stay, whoever the user is',
    of: ['copy-from-owner'],
    dockerfile: text`
      FROM tiny:1
      RUN echo x > /mine && chown 65:66 /mine
      FROM scratch
      USER 67:68
      COPY --from=0 /mine /mine
    `,
  },
  {
    name: 'owners change where --chown says so',
    of: ['copy-from-owner-with-chown'],
    dockerfile: text`
      FROM tiny:1
      RUN echo x > /mine && chown 65:66 /mine
      FROM scratch
      USER 67:68
      COPY --from=0 --chown=1:2 /mine /mine
    `,
  },
  {
    name: 'extended attributes stay',
    of: ['xattrs-file-in-other-stage'],
    dockerfile: text`
      FROM scratch
      ADD in.tar /
      FROM scratch
      COPY --from=0 /marked /marked
    `,
    files: { 'in.tar': { archive: { marked: { text: 'x', xattr: 'test' } } } },
    by: 'buildah',
  },
  {
    name: 'a link is followed where it is the source',
    of: ['copy-symlink-2', 'CopyThroughSymlinkMultiStage'],
    dockerfile: text`
      FROM tiny:1
      RUN mkdir /real && echo x > /real/file && ln -s file /real/link && ln -s real /way
      FROM scratch
      COPY --from=0 /real/link /followed
      COPY --from=0 /way/file /through
      COPY --from=0 /real /all
    `,
  },
  {
    name: 'a link that leaves the stage leads back into it',
    dockerfile: text`
      FROM tiny:1
      RUN mkdir /in && echo inside > /in/passwd && ln -s ../../../in/passwd /out
      FROM scratch
      COPY --from=0 /out /passwd
    `,
  },
  {
    name: 'a stage on a stage that was taken apart',
    of: ['multi-stage-derived'],
    dockerfile: text`
      FROM tiny:1 AS first
      RUN echo x > /root/first
      FROM first AS second
      RUN rm /root/first && echo y > /root/second
      FROM tiny:1
      COPY --from=first /root /root
    `,
  },
  {
    name: 'a stage that was taken apart is what is copied',
    dockerfile: text`
      FROM tiny:1 AS first
      RUN mkdir /d && echo x > /d/first && mkdir /d/kept && echo k > /d/kept/k
      FROM first AS second
      RUN rm /d/first && rm -r /d/kept && mkdir /d/kept
      FROM scratch
      COPY --from=second /d /d
    `,
  },
  {
    name: 'an absolute directory, then one of its own below it',
    of: ['copy-absolute-directory-3'],
    dockerfile: text`
      FROM tiny:1
      COPY /up/in /var
      FROM tiny:1
      COPY --from=0 /var/dir /var
    `,
    files: { 'up/in/dir/file': 'x', 'up/in/other/file': 'y' },
  },
  {
    name: 'nothing of that name in the stage',
    dockerfile: taken('COPY --from=maker /nothing /'),
    code: 'COPY_SOURCE_MISSING',
  },
  {
    name: 'a stage that comes later',
    of: ['OutOfOrderStage'],
    dockerfile: text`
      FROM tiny:1
      COPY --from=1 /bin/sh /sh
      FROM tiny:1
    `,
  },
];
