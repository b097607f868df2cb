// COPY and ADD of local files by the real program: what the image then holds is asked by commands in it.
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  await world.tinyBase();
}, 300_000);
afterAll(() => world.close());

/** A step that fails unless each path is as told: `MODE OWNER:GROUP PATH`, or `none PATH`, or `text PATH=TEXT`. */
function check(...facts: readonly string[]): string {
  const lines = facts.map(fact => {
    const [what = '', path = '', rest = ''] = fact.split(' ');
    if (what === 'none') return `[ ! -e ${path} ] || fail "${path} is there"`;
    if (what === 'text') {
      const [file = '', text = ''] = path.split('=');
      return `[ "$(cat ${file})" = ${text} ] || fail "${file}: $(cat ${file})"`;
    }
    return `[ "$(stat -c '%a %u:%g' ${rest})" = "${what} ${path}" ] || fail "${rest}: $(stat -c '%a %u:%g' ${rest})"`;
  });
  return `RUN <<'END'\nfail() { echo "WRONG $*"; exit 1; }\n${lines.join('\n')}\nEND\n`;
}

const lock = (dockerfile: string, args: readonly string[] = []) =>
  world.write({ Dockerfile: dockerfile }).then(() => world.succeed('lock', args));

test('flags of COPY: owners, modes, what is left out, parents, links', async () => {
  await world.write({
    'tree/a.txt': 'a',
    'tree/b.md': 'b',
    'tree/deep/c.txt': 'c',
    'tree/deep/keep/d.txt': 'd',
    'tool.sh': '#!/bin/sh\n',
  });
  await chmod(join(world.project, 'tool.sh'), 0o755);
  await symlink('tree/a.txt', join(world.project, 'link'));
  await lock(`FROM tiny:1
RUN mkdir -p /there/deep && chmod 700 /there /there/deep && ln -s /there /way && echo 'me:x:7:8::/:/bin/sh' >> /etc/passwd
COPY --chown=5:6 --chmod=640 tree/a.txt /made/by/file
COPY --chmod=u=rwX,go= tree tool.sh /symbolic/
COPY --chown=me tree /named
COPY --exclude=*.md --exclude=deep/* --exclude=!deep/keep tree /some
COPY --parents tree/deep/c.txt tree/./deep/keep /parents/
COPY --parents tree/**/*.txt /texts/
COPY link /d/
COPY link tree/b.md* no-such-file* /way/
COPY tree /there
COPY --link tree/a.txt /way/linked
COPY <<one <<"two" /inline/
value $HOME
one
value $HOME
two
${check(
  '640 5:6 /made/by/file',
  '640 5:6 /made/by',
  '600 0:0 /symbolic/a.txt',
  '700 0:0 /symbolic/tool.sh',
  '700 0:0 /symbolic/deep',
  '644 7:8 /named/deep/c.txt',
  '755 7:8 /named',
  'none /some/b.md',
  'none /some/deep/c.txt',
  'text /some/deep/keep/d.txt=d',
  'text /parents/tree/deep/c.txt=c',
  'text /parents/deep/keep/d.txt=d',
  'none /parents/tree/a.txt',
  'text /texts/tree/a.txt=a',
  'text /texts/tree/deep/keep/d.txt=d',
  'none /texts/tree/b.md',
  'text /d/link=a',
  'text /there/b.md=b',
  '700 0:0 /there',
  '755 0:0 /there/deep',
  'text /way/linked=a',
  'none /there/linked',
)}RUN [ "$(cat /inline/one)" = "value /" ] || [ "$(cat /inline/one)" = "value " ]
RUN grep -F 'value $HOME' /inline/two`);
});

test('a layer of COPY --link does not depend on what lies below it', async () => {
  const layers = async (first: string) => {
    await lock(`FROM tiny:1\nRUN echo ${first} > /first\nCOPY --link tree /opt/tree\n`);
    const { json } = await world.succeed('build', ['--json']);
    return (json as { diffIds: string[] }).diffIds;
  };
  const [one, two] = [await layers('one'), await layers('two')];
  expect(one.at(-2)).not.toBe(two.at(-2));
  expect(one.at(-1)).toBe(two.at(-1));
});

test('COPY --from keeps owners, modes, dates, hard links and fifos', async () => {
  await lock(`FROM tiny:1 AS maker
RUN mkdir -p /out/sub && echo text > /out/one && ln /out/one /out/sub/two && chown 12:34 /out/one && chmod 4755 /out/one \\
 && mkfifo /out/pipe && ln -s one /out/short && chmod 1777 /out/sub && touch -d '2001-02-03 04:05:06' /out/one
FROM tiny:1
COPY --from=MAKER /out /in
COPY --from=0 /out/short /followed
RUN [ "$(stat -c '%i %h' /in/one)" = "$(stat -c '%i %h' /in/sub/two)" ] && [ -p /in/pipe ] && [ "$(readlink /in/short)" = one ] \\
 && [ "$(stat -c %Y /in/one)" = 981173106 ]
${check('4755 12:34 /in/one', '1777 0:0 /in/sub', 'text /followed=text')}`);
});

test('archives are taken apart by what they hold, not by their names', async () => {
  const { project } = world;
  const tree = join(world.root, 'packed');
  await mkdir(join(tree, 'dir/sub'), { recursive: true });
  await writeFile(join(tree, 'dir/sub/file'), 'packed');
  await writeFile(join(tree, 'plain'), 'plain');
  await chmod(join(tree, 'dir'), 0o750);
  const pack = (flag: string, name: string) =>
    spawnSync('tar', [flag, join(project, name), '--owner=21', '--group=22', '-C', tree, '.']);
  for (const [flag, name] of [
    ['-cf', 'a.tar'],
    ['-czf', 'b.dat'],
    ['-cJf', 'c.tar.xz'],
    ['-cjf', 'd.tbz'],
  ] as const)
    expect(pack(flag, name).status).toBe(0);
  spawnSync('sh', ['-c', `printf 'no archive' | gzip > ${project}/e.gz`]);
  await lock(`FROM tiny:1
RUN mkdir -p /u/dir && chmod 700 /u && echo in the way > /u/dir/sub
ADD a.tar /u/
ADD b.dat /b/
ADD --chown=1:2 c.tar.xz /c/
ADD d.tbz e.gz /d/
ADD --unpack=false a.tar /kept/
COPY a.tar /copied/
${check(
  '700 0:0 /u',
  '750 21:22 /u/dir',
  'text /u/dir/sub/file=packed',
  'text /b/plain=plain',
  '644 1:2 /c/plain',
  'text /d/plain=plain',
)}RUN [ -f /kept/a.tar ] && [ -f /copied/a.tar ] && [ -f /d/e.gz ]`);
});

test.each([
  ['several sources to a file', 'COPY tool.sh link /file', 2, 'COPY_TARGET'],
  ['a source that is not there', 'COPY nothing /', 2, 'COPY_SOURCE_MISSING'],
  ['a mode that is none', 'COPY --chmod=worldwide link /x', 2, 'COPY_CHMOD'],
  ['a URL', 'COPY https://example.org/x /x', 2, 'COPY_REMOTE'],
  ['a file over a directory', 'COPY link /etc', undefined, ''],
  ['a directory over a file', 'COPY tree /bin/sh/', 2, 'COPY_TARGET'],
  ['a checksum of a local file', 'ADD --checksum=sha256:0 link /x', 2, 'ADD_CHECKSUM'],
  ['an archive that climbs', 'ADD evil.tar /x/', 4, 'TAR_UNSAFE'],
])('%s', async (_what, instruction, exit, code) => {
  const evil = join(world.root, 'evil');
  await writeFile(evil, 'evil');
  spawnSync('tar', ['-Pcf', join(world.project, 'evil.tar'), '--transform=s,.*,../../evil,', evil]);
  await world.write({ Dockerfile: `FROM tiny:1\n${instruction}\n` });
  const result = await world.run('lock', ['--json']);
  expect(result.exit).toBe(exit ?? 0);
  if (exit !== undefined) expect(result.json).toMatchObject({ error: { code } });
});
