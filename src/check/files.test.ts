import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../core/index.ts';
import { formatLock, inputsBySection } from '../lock/index.ts';
import { checkFiles, counts, defaultSettings, discover, readText, withComposeBuilds } from './index.ts';

describe('files', () => {
  const place = mkdtempSync(join(tmpdir(), 'holdfast-check-'));
  afterAll(() => rmSync(place, { recursive: true }));
  const write = (path: string, content: string | Buffer = 'FROM a\n') => {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), content);
  };

  it('are found by their names', () => {
    const names = [
      'Dockerfile',
      'Dockerfile.dev',
      'Dockerfile.go',
      'web.Dockerfile',
      'x.dockerfile',
      'Containerfile',
      'compose.yaml',
    ];
    const others = [
      'Dockerfile.dockerignore',
      'Dockerfile.md',
      'dockerfile-lint.yaml',
      'main.go',
      'dockerfile_test.go',
      'dockerfile.ts',
      'node_modules/x/Dockerfile',
      '.git/Dockerfile',
    ];
    for (const name of [...names, ...others]) write(join('found', 'deep', name));
    const { dockerfiles, composeFiles } = discover([join(place, 'found')]);
    const found = [...dockerfiles, ...composeFiles].map(path => path.slice(path.lastIndexOf('/') + 1));
    expect(found.toSorted()).toEqual(names.toSorted());
    expect(() => discover([join(place, 'absent')])).toThrow(expect.objectContaining({ code: 'CHECK_PATH' }));
  });

  it('of compose name images, and Dockerfiles to look at', async () => {
    write('c/build/app/Other', 'FROM a\n');
    write(
      'c/compose.yaml',
      'services:\n  db:\n    image: "postgres" # c\n  app:\n    image: mine\n    build: { context: ./build/app, dockerfile: Other }\n' +
        '  # holdfast ignore=image-tag\n  x: { image: "a:${TAG:-latest}" }\n  y: { image: "a:$TAG" }\n  z: { build: { dockerfile_inline: FROM a } }\n',
    );
    const files = await withComposeBuilds(discover([join(place, 'c/compose.yaml')]));
    expect(files.map(path => path.slice(place.length + 1))).toEqual(['c/build/app/Other', 'c/compose.yaml']);
    const [dockerfile, compose] = await checkFiles(
      files.map(path => ({ path, name: path })),
      defaultSettings,
    );
    expect(dockerfile?.findings.map(({ rule }) => rule)).toContain('image-tag');
    expect(
      compose?.findings.map(({ rule, range }) => `${rule} ${range.line}:${range.column}-${range.endColumn}`),
    ).toEqual([
      'image-tag 3:12-22',
      'image-digest 3:12-22',
      'image-tag 8:15-33',
      'image-digest 8:15-33',
      'image-digest 9:15-23',
      'image-unknown 9:15-23',
      'image-tag 10:41-42',
      'image-digest 10:41-42',
      'user-root 10:41-42',
    ]);
    expect(compose?.findings.slice(0, 6).map(counts)).toEqual([true, true, false, true, true, true]);
    expect(compose?.unread).toEqual([]);
    write('c/compose.yaml', 'services: [\n');
    const [broken] = await checkFiles([{ path: join(place, 'c/compose.yaml'), name: 'c' }], defaultSettings);
    expect(broken?.unread[0]?.reason).toContain('cannot be read');
  });

  it('that a compose project above has locked do not drift', async () => {
    const image = sha256('image');
    const build = {
      service: 'web',
      dockerfile: 'web/Dockerfile',
      platform: 'linux/amd64',
      checksum: image,
      context: image,
      recording: image,
      image,
    };
    const inputs = inputsBySection([]);
    write(
      'l/holdfast.lock',
      formatLock({ version: 1, asOf: '2026-01-01T00:00:00Z', builds: [build], inputs }),
    );
    for (const name of ['web', 'other'])
      write(`l/${name}/Dockerfile`, 'FROM a:1\nRUN apt-get install -y b\n');
    const results = await checkFiles(
      ['web', 'other'].map(name => ({ path: join(place, `l/${name}/Dockerfile`), name })),
      { profile: 'reproducible', severity: {} },
    );
    const drifts = results.map(({ findings }) =>
      findings.filter(one => one.rule === 'apt-version').map(counts),
    );
    expect(drifts).toEqual([[false], [true]]);
  });

  it('say why they are not read', async () => {
    write('u16', Buffer.from('\uFEFFFROM a\n', 'utf16le'));
    write('u16be', Buffer.from('FROM a\n', 'utf16le').swap16());
    write('latin1', Buffer.from('FROM a:1\n# caf\u00e9\nRUN apt-get install b\n', 'latin1'));
    write('nul', 'FROM a:1\nRUN a \0 b\n');
    write('long', `FROM a:1\nRUN ${'a '.repeat(500_000)}\n`);
    write('template', '{{ if x }}\nFROM a\n');
    const paths = ['u16', 'latin1', 'u16be', 'nul', 'long', 'template', 'absent'].map(name =>
      join(place, name),
    );
    const results = await checkFiles(
      paths.map(path => ({ path, name: path })),
      defaultSettings,
    );
    expect(results.map(({ unread }) => unread[0]?.reason)).toEqual([
      expect.stringContaining('UTF-16'),
      undefined,
      expect.stringContaining('UTF-16'),
      expect.stringContaining('NUL'),
      expect.stringContaining('65535'),
      expect.stringContaining('template'),
      expect.stringContaining('ENOENT'),
    ]);
    expect(results[1]?.findings.map(({ rule }) => rule)).toContain('apt-version');
    expect(readText(join(place, 'latin1'))).toMatchObject({ encoding: 'latin1' });
  });
});
