import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { buildDeb, type PackageSpec } from '../../../testkit/apt/index.ts';
import { debTexts } from './texts.ts';

const date = new Date('2026-01-01T00:00:00Z');
const texts = (spec: PackageSpec) => debTexts(buildDeb(spec, date).bytes, `http://deb.test/${spec.name}.deb`);
const entry = (version: string, text: string) =>
  `hello (${version}) bookworm; urgency=medium\n\n  * ${text}\n\n -- A <a@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n`;

describe('a binary package', () => {
  test('tells its releases and what it runs', async () => {
    const found = await texts({
      name: 'hello',
      version: '2-1',
      changelog: `${entry('2-1', 'New.')}\n${entry('1-1', 'Old.')}`,
      scripts: { postinst: '#!/bin/sh\nexit 0\n', prerm: '#!/bin/sh\nexit 1\n' },
    });
    expect(found.changelog.map(({ heading }) => heading)).toEqual([
      'hello (2-1) bookworm; urgency=medium',
      'hello (1-1) bookworm; urgency=medium',
    ]);
    expect(found.changelog[0]?.lines).toContain('  * New.');
    expect(found.scripts).toEqual({ postinst: '#!/bin/sh\nexit 0\n', prerm: '#!/bin/sh\nexit 1\n' });
  });

  test('that was only rebuilt says so first', async () => {
    const found = await texts({
      name: 'hello',
      version: '2-1+b1',
      changelog: entry('2-1', 'New.'),
      files: {
        '/usr/share/doc/hello/changelog.Debian.amd64.gz': {
          content: gzipSync(entry('2-1+b1', 'Rebuild.')),
          mode: 0o644,
        },
        '/usr/share/doc/hello/changelog.gz': { content: gzipSync('the author’s own\n'), mode: 0o644 },
      },
    });
    expect(found.changelog.map(({ heading }) => heading.split(' ')[1])).toEqual(['(2-1+b1)', '(2-1)']);
  });

  test.each([
    ['hello-common', 'hello-common'],
    ['/usr/share/doc/hello-common', 'hello-common'],
    ['../doc/hello-common', 'hello-common'],
    ['../../../etc', undefined],
    ['.', undefined],
  ])('whose documentation is a link to %s', async (link, changelogIn) => {
    const found = await texts({ name: 'hello', version: '1', files: { '/usr/share/doc/hello': { link } } });
    expect(found).toEqual({ changelog: [], scripts: {}, ...(changelogIn !== undefined && { changelogIn }) });
  });

  test('that is Debian’s own has no other changelog', async () => {
    const content = gzipSync(entry('3', 'Native.'));
    const found = await texts({
      name: 'hello',
      version: '3',
      files: { '/usr/share/doc/hello/changelog.gz': { content, mode: 0o644 } },
    });
    expect(found.changelog).toHaveLength(1);
  });

  test('that is damaged is an error, its changelog that is damaged is none', async () => {
    await expect(debTexts(Buffer.from('!<arch>\nno'), 'x.deb')).rejects.toMatchObject({ exit: 4 });
    const found = await texts({
      name: 'hello',
      version: '1',
      files: { '/usr/share/doc/hello/changelog.Debian.gz': 'no gzip' },
    });
    expect(found.changelog).toEqual([]);
  });
});
