import { describe, expect, it } from 'vitest';
import { aFile, aPackage, aRedirect, hex, pinnedText, type Surroundings } from './testing.ts';

const url = 'https://x.test/install.sh';
const script = '#!/bin/sh\ncurl -O https://x.test/more\n';
const name = 'x.test-install.sh';

async function vendored(run: string, surroundings: Surroundings = {}) {
  const took = [aFile(url, script), aFile('https://x.test/more', 'more'), aPackage('apt', 'tool', '1.0')];
  const text = `FROM scratch\n# why\nRUN ${run}\n`;
  const all = { pins: false, vendored: true, blobs: [script], ...surroundings };
  return pinnedText(text, [[...took, aRedirect('https://x.test/latest', url)]], all);
}

const copied = `COPY vendor/holdfast/${name} /tmp/${name}\n`;
const path = `/tmp/${name}`;

describe('a script that is downloaded and run', () => {
  it.each([
    [`curl -fsSL ${url} | sh`, `sh < ${path}`],
    [
      `set -e; wget -qO- ${url} \\\n  | sudo bash -s -- -y && ls`,
      `set -e; sudo bash -s -- -y < ${path} && ls`,
    ],
    [`curl ${url} | tee /x | sh`, `cat ${path} | tee /x | sh`],
    [`sh -c "$(curl -fsSL ${url})" -- -y`, `sh -c "$(cat ${path})" -- -y`],
    [`bash <(curl -s ${url})`, `bash <(cat ${path})`],
    [`curl -o i.sh ${url} && sh i.sh`, `cp ${path} i.sh && sh i.sh`],
    [`sudo curl -o "$D/i.sh" ${url} && sh "$D/i.sh"`, `sudo cp ${path} "\${D}/i.sh" && sh "$D/i.sh"`],
    [`curl ${url} > i.sh && sh i.sh`, `cat ${path} > i.sh && sh i.sh`],
  ])('%s', async (run, after) => {
    const { text, pins } = await vendored(run);
    expect(text).toBe(`FROM scratch\n${copied}# why\nRUN ${after}\n`);
    expect(pins).toMatchObject([{ kind: 'script', what: `${url} as vendor/holdfast/${name}` }]);
  });

  it('is put beside the Dockerfile, with a list of what its step takes besides', async () => {
    const { files } = await vendored(`curl ${url} | sh`);
    expect(files.map(file => [file.path, file.vendored])).toEqual([
      [`vendor/holdfast/${name}`, true],
      [`vendor/holdfast/${name}.downloads`, true],
    ]);
    const [own, list] = files.map(({ bytes }) => bytes.toString());
    expect(own).toBe(script);
    expect(list).toContain(`# ${url} sha256:${hex(script)}\n`);
    expect(list).toContain('\nfile {url: "https://x.test/more", size: 4, ');
    expect(list).toContain('\napt {name: "tool", version: "1.0", ');
    expect(list).not.toContain('file {url: "https://x.test/install.sh"');
  });

  it('has another name for each URL', async () => {
    const { files } = await vendored('curl -L https://x.test/latest | sh');
    expect(files[0]?.bytes.toString()).toBe(script);
    expect(files[0]?.path).not.toContain(name);
  });

  it.each([
    ['of which the lock has not one content', 'curl https://x.test/other.sh | sh', {}, 'NOT_LOCKED'],
    [
      'that .dockerignore leaves out',
      `curl ${url} | sh`,
      { ignored: [`vendor/holdfast/${name}`] },
      'NO_FORM',
    ],
  ])('stays where it is: one %s', async (_what, run, surroundings, code) => {
    const { text, files, unpinned } = await vendored(run, surroundings);
    expect(text).toContain(`RUN ${run}\n`);
    expect(files).toEqual([]);
    expect(unpinned.map(one => one.code)).toEqual([code]);
  });

  it('that is copied already keeps a list that follows the lock', async () => {
    const list = `# ${url} sha256:${hex(script)}\n# old\n`;
    const surroundings = { files: { [`vendor/holdfast/${name}.downloads`]: list } };
    const { text, files } = await vendored(`true\n${copied}RUN sh < ${path}`, surroundings);
    expect(text).toContain(`${copied}RUN sh < ${path}\n`);
    expect(files).toEqual([]);
    const took = [[], [aFile('https://x.test/newer', 'newer')]];
    const again = await pinnedText(text, took, { ...surroundings, pins: false, vendored: true });
    expect(again.text).toBe(text);
    expect(again.files.map(({ path: one, bytes }) => `${one}\n${bytes.toString()}`)).toEqual([
      expect.stringMatching(
        /\.downloads\n# https:\/\/x\.test\/install\.sh sha256:.*\n# and .*\nfile .*newer/,
      ),
    ]);
  });

  it('and pins go together', async () => {
    const { text, unpinned } = await vendored(`curl ${url} | sh && apt-get install tool`, { pins: true });
    expect(text).toContain(`RUN sh < ${path} && apt-get install tool=1.0\n`);
    expect(unpinned.map(({ what }) => what)).toEqual(['https://x.test/more']);
  });

  it('no other download is touched', async () => {
    const { text, files } = await vendored(`curl -O ${url}`);
    expect([text, files]).toEqual([`FROM scratch\n# why\nRUN curl -O ${url}\n`, []]);
  });
});
