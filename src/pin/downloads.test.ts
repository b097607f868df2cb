import { describe, expect, it } from 'vitest';
import type { InputLine } from '../lock/index.ts';
import { aFile, aRedirect, hex, pinnedRun, pinnedTwice, type Took } from './testing.ts';

const commit = 'a'.repeat(40);

describe('downloads', () => {
  const url = 'https://x.test/tool-1.tgz';
  const check = (path: string) => `echo '${hex('tool')}  ${path}' | sha256sum -c -`;
  const kept = '/tmp/holdfast-download';

  it.each([
    [
      `curl -fsSLO ${url} && tar xf tool-1.tgz`,
      `curl -fsSLO ${url} && ${check('tool-1.tgz')} && tar xf tool-1.tgz`,
    ],
    [`wget -q ${url}; ls`, `wget -q ${url} && ${check('tool-1.tgz')}; ls`],
    [
      `curl ${url} > /opt/x 2>/dev/null \\\n  && ls`,
      `curl ${url} > /opt/x 2>/dev/null && ${check('/opt/x')} \\\n  && ls`,
    ],
    [`if curl -o a ${url}; then ls; fi`, `if curl -o a ${url} && ${check('a')}; then ls; fi`],
    [
      `curl -o "$D/a b" ${url}`,
      `curl -o "$D/a b" ${url} && echo "${hex('tool')}  \${D}/a b" | sha256sum -c -`,
    ],
    [
      `cd /opt && curl -fsSL ${url} | tar xz -C /opt && ls`,
      `cd /opt && curl -fsSL ${url} > ${kept} && ${check(kept)} && tar xz -C /opt < ${kept} && rm ${kept} && ls`,
    ],
    [
      `wget -qO- ${url} \\\n  | gunzip \\\n  | tar x || exit 1`,
      `wget -qO- ${url} \\\n  > ${kept} && ${check(kept)} && gunzip < ${kept} \\\n  | tar x && rm ${kept} || exit 1`,
    ],
    [
      `curl ${url} | sudo bash -s -- -y`,
      `curl ${url} > ${kept} && ${check(kept)} && sudo bash -s -- -y < ${kept} && rm ${kept}`,
    ],
  ])('%s', async (run, pinned) => {
    expect(await pinnedRun(run, [aFile(url, 'tool')])).toBe(pinned);
  });

  it('follow redirects', async () => {
    const took = [aRedirect('https://x.test/latest', url), aFile(url, 'tool')];
    expect(await pinnedRun('curl -Lo t https://x.test/latest', took)).toContain(check('t'));
  });

  it.each([
    ['a check that is there', `curl -o a ${url} && echo "${hex('b')}  a" | sha256sum -c`, undefined],
    ['a URL that is worked out', 'curl -o a https://x.test/$(uname -m)', 'NOT_KNOWN'],
    ['what the lock does not have', 'curl -o a https://x.test/other', 'NOT_LOCKED'],
    ['output that becomes a word', `A="$(curl ${url})"`, 'NO_FORM'],
    ['a script in quotes', `sh -c 'curl -o a ${url}'`, 'NO_FORM'],
    ['a name that the server gives', `curl -OJ ${url}`, 'NOT_KNOWN'],
    ['a pipe into a loop', `curl ${url} | while read x; do echo $x; done`, 'NO_FORM'],
    ['what is a pipe’s reader itself', `echo | curl -o a -d @- ${url} | cat`, 'NO_FORM'],
  ])('leave %s', async (_what, run, code) => {
    const { text, unpinned } = await pinnedTwice(`FROM scratch\nRUN ${run}\n`, [[aFile(url, 'tool')]]);
    expect(text).toBe(`FROM scratch\nRUN ${run}\n`);
    if (code !== undefined) expect(unpinned.map(one => one.code)).toContain(code);
    else expect(unpinned).toEqual([]);
  });
});

describe('repositories', () => {
  const git = (more: InputLine = {}): Took => ({
    section: 'git',
    line: {
      url: 'https://x.test/r.git',
      commit,
      ref: 'refs/heads/main',
      size: 1,
      sha256: hex('pack'),
      ...more,
    },
  });

  it.each([
    ['git clone https://x.test/r.git', `git clone https://x.test/r.git && git -C r checkout -q ${commit}`],
    [
      'git -C /opt clone --recursive https://x.test/r dir && make',
      `git -C /opt clone --recursive https://x.test/r dir && git -C /opt/dir checkout -q ${commit} && git -C /opt/dir submodule update -q --init --recursive && make`,
    ],
    [
      'git clone --depth 1 -b main https://x.test/r.git "$D"',
      `git clone --depth 1 -b main https://x.test/r.git "$D" && git -C "\${D}" fetch -q --depth 1 origin ${commit} && git -C "\${D}" checkout -q ${commit}`,
    ],
  ])('%s', async (run, pinned) => {
    expect(await pinnedRun(run, [git()])).toBe(pinned);
  });

  it.each([
    ['git clone --bare https://x.test/r.git', 'NO_FORM'],
    ['git clone -b v2 https://x.test/r.git', 'NOT_LOCKED'],
  ])('leave %s', async (run, code) => {
    const { text, unpinned } = await pinnedTwice(`FROM scratch\nRUN ${run}\n`, [[git()]]);
    expect(text).toContain(`RUN ${run}\n`);
    expect(unpinned.map(one => one.code)).toEqual([code]);
  });
});
