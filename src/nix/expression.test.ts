import { readFile, readlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hexOf, sha256, type Digest } from '../core/index.ts';
import { inputsBySection, type InputLine, type InputSection, type Lock } from '../lock/index.ts';
import { nixExpression, type NixImage } from './expression.ts';
import { hasNix, openNix, type Nix } from './testing.ts';

const digest = sha256('image');

function lockWith(lines: readonly (readonly [InputSection, InputLine])[]): Lock {
  const build = {
    platform: 'linux/amd64',
    checksum: digest,
    context: digest,
    recording: digest,
    image: digest,
  };
  return {
    version: 1,
    asOf: '2026-07-01T00:00:00Z',
    builds: [{ dockerfile: 'Dockerfile', ...build }],
    inputs: inputsBySection(lines.map(([section, line]) => ({ section, line }))),
  };
}

const noMirrors = () => [];

describe.skipIf(!hasNix)('read by a real Nix', () => {
  let nix: Nix;
  let server: Server;
  let origin: string;
  /** By path; behind a token where the path is a registry's. */
  const served = new Map<string, string>();
  const asked: string[] = [];

  beforeAll(async () => {
    nix = await openNix();
    server = createServer(({ url = '', headers }, response) => {
      asked.push(url);
      if (url.startsWith('/token?')) return response.end('{"expires_in":300,\n "token": "let-me-in"}');
      if (url.startsWith('/v2/') && headers.authorization !== 'Bearer let-me-in') {
        const scope = 'repository:library/app:pull';
        const challenge = `Bearer realm="${origin}/token",service="registry",scope="${scope}"`;
        return response.writeHead(401, { 'www-authenticate': challenge }).end();
      }
      const body = served.get(url);
      return response.writeHead(body === undefined ? 404 : 200).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await nix.close();
  });

  const hex = (text: string) => hexOf(sha256(text));
  const lineOf = (path: string, text: string, more: InputLine): InputLine => {
    served.set(path, text);
    return { ...more, size: text.length, sha256: hex(text), url: origin + path };
  };

  test('strings come out as they went in, and run nothing', async () => {
    const hostile = [
      'plain',
      '${builtins.throw "run"}',
      '$${x}',
      '"; x = 1; y = "',
      "''${x}''",
      '\\',
      '\\${',
      'a\nb\r\tc',
      'ünï‑✓ 😀',
      '$',
      '\u001b[31m',
    ];
    const lock = lockWith(
      hostile.flatMap((name, n) => [
        [
          'npm',
          {
            name,
            version: name,
            sha256: hex(String(n)),
            url: `https://example.org/${encodeURIComponent(name)}`,
          },
        ],
        ['git', { url: name, commit: String(n) }],
      ]),
    );
    const file = await nix.write('hostile.nix', nixExpression({ lock, images: [], mirrors: noMirrors }));
    await nix.run('nix-instantiate', '--parse', file);
    const names = `let e = import ${file} { }; in [ (builtins.attrNames e.npm) (map builtins.attrNames (builtins.attrValues e.npm)) (builtins.attrNames e.git) ]`;
    const [npm, versions, git] = JSON.parse(
      await nix.run('nix-instantiate', '--eval', '--strict', '--json', '-E', names),
    ) as [string[], string[][], string[]];
    expect(npm.toSorted()).toEqual(hostile.toSorted());
    expect(versions.flat().toSorted()).toEqual(hostile.toSorted());
    expect(git.toSorted()).toEqual(hostile.toSorted());
  });

  test('the locked files are fetched by kind, name and version, and another byte is refused', async () => {
    const lock = lockWith([
      ['pypi', lineOf('/flask-3.0.2.tar.gz', 'sources', { name: 'flask', version: '3.0.2' })],
      ['pypi', lineOf('/w/flask-3.0.2-py3-none-any.whl', 'wheel', { name: 'flask', version: '3.0.2' })],
      ['npm', lineOf('/@a/b/-/b-1.tgz', 'scoped', { name: '@a/b', version: '1.0' })],
      ['file', lineOf('/get%20it/.install?v=1', 'echo hi\n', {})],
      ['file', { url: `${origin}/moved`, status: 302 }],
      [
        'apt',
        { name: 'bad', version: '1-1', sha256: hex('what was locked'), url: `${origin}/flask-3.0.2.tar.gz` },
      ],
    ]);
    const file = await nix.write('files.nix', nixExpression({ lock, images: [], mirrors: noMirrors }));
    const build = async (attribute: string) =>
      readFile((await nix.run('nix-build', '--no-out-link', file, '-A', attribute)).trim(), 'utf8');
    expect(await build('pypi.flask."3.0.2"."flask-3.0.2.tar.gz"')).toBe('sources');
    expect(await build('pypi.flask."3.0.2"."flask-3.0.2-py3-none-any.whl"')).toBe('wheel');
    expect(await build('npm."@a/b"."1.0"."b-1.tgz"')).toBe('scoped');
    expect(await build(`file."${origin}/get%20it/.install?v=1"."_install"`)).toBe('echo hi\n');
    await expect(build('apt.bad."1-1"."flask-3.0.2.tar.gz"')).rejects.toThrow(/hash mismatch/);
    const all = await nix.run(
      'nix-instantiate',
      '--eval',
      '--strict',
      '--json',
      '-E',
      `map (one: one.name) (import ${file} { }).all`,
    );
    expect((JSON.parse(all) as string[]).toSorted()).toHaveLength(5);
  });

  test('an image comes blob by blob, with the token that its registry asks for', async () => {
    const put = (kind: string, text: string): Digest => {
      served.set(`/v2/library/app/${kind}/${sha256(text)}`, text);
      return sha256(text);
    };
    const manifest = '{"schemaVersion":2}';
    const image: NixImage = {
      reference: 'app:1',
      platform: 'linux/amd64',
      repository: `${origin}/v2/library/app`,
      manifest: put('manifests', manifest),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: manifest.length,
      config: put('blobs', '{}'),
      layers: [put('blobs', 'layer one'), put('blobs', 'layer two')],
    };
    const file = await nix.write(
      'image.nix',
      nixExpression({ lock: lockWith([]), images: [image], mirrors: noMirrors }),
    );
    const blob = ['nix-build', '--no-out-link', '-A', 'image."app:1"."linux/amd64".config', file] as const;
    await expect(nix.run(...blob)).rejects.toThrow(/401/);
    // What the expression uses of nixpkgs, made of this machine's own tools.
    const packages = await nix.write(
      'pkgs.nix',
      `{
        bash = "/usr"; curl = "/usr"; gnused = "/usr"; coreutils = "/usr"; cacert = "/nowhere";
        stdenv.buildPlatform.system = builtins.currentSystem;
        fetchurl = { name, hash, urls }: import <nix/fetchurl.nix> { inherit name hash; url = builtins.elemAt urls 1; };
        linkFarm = name: entries: derivation {
          inherit name; system = builtins.currentSystem; builder = "/bin/sh"; PATH = "/usr/bin:/bin";
          args = [ "-ec" (builtins.concatStringsSep "\\n" (map (e: "mkdir -p $(dirname $out/\${e.name}); ln -s \${e.path} $out/\${e.name}") entries)) ];
        };
      }`,
    );
    const attribute = 'image."app:1"."linux/amd64".layout';
    const withPackages = ['--no-out-link', '--arg', 'pkgs', `import ${packages}`, '-A', attribute, file];
    const layout = (await nix.run('nix-build', ...withPackages)).trim();
    const index = JSON.parse(await readFile(`${layout}/index.json`, 'utf8')) as unknown;
    expect(index).toMatchObject({
      manifests: [{ digest: image.manifest, size: image.size, mediaType: image.mediaType }],
    });
    for (const [one, text] of [
      [image.manifest, manifest],
      [image.config, '{}'],
      [image.layers[1] ?? '', 'layer two'],
    ] as const) {
      const path = `${layout}/blobs/sha256/${one.slice(7)}`;
      expect(await readlink(path)).toContain('/store/');
      expect(await readFile(path, 'utf8')).toBe(text);
    }
    expect(asked.map(decodeURIComponent)).toContain(
      '/token?service=registry&scope=repository:library/app:pull',
    );
  });
});

test('bytes that several inputs have are one file, with every URL that has them', () => {
  const same = { size: 1, sha256: hexOf(sha256('same')) };
  const lock = lockWith([
    ['pypi', { name: 'a', version: '1', ...same, url: 'https://one.example.org/a-1.whl' }],
    [
      'pypi',
      {
        name: 'a',
        version: '1',
        ...same,
        sha256: hexOf(sha256('x')),
        url: 'https://two.example.org/a-1.whl',
      },
    ],
    ['file', { ...same, url: 'https://three.example.org/a-1.whl' }],
  ]);
  const text = nixExpression({ lock, images: [], mirrors: (_, url) => [`${url}.mirror`] });
  expect(text).toContain(
    '[ "https://one.example.org/a-1.whl" "https://one.example.org/a-1.whl.mirror" "https://three.example.org/a-1.whl" "https://three.example.org/a-1.whl.mirror" ]',
  );
  expect(text).toContain(`"a"."1"."a-1.whl-${hexOf(sha256('x'))}" = `);
  expect(text).toBe(nixExpression({ lock, images: [], mirrors: (_, url) => [`${url}.mirror`] }));
});
