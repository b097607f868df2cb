import { hexOf, sha256 } from '../core/index.ts';
import type { InputLine, InputSection, RecordedInput } from '../lock/index.ts';

export const hex = (text: string) => hexOf(sha256(text));

const packaged = (name: string, version: string, url: string, more: InputLine = {}): InputLine => ({
  name,
  version,
  ...more,
  size: 100,
  sha256: hex(url),
  url,
});

const deb = 'http://deb.example.org/debian/pool/main';

/** A lock with inputs of every kind, as recorded builds have them. */
export const lines: readonly (readonly [InputSection, InputLine])[] = [
  [
    'image',
    {
      reference: 'debian:bookworm-slim',
      platform: 'linux/amd64',
      index: sha256('index'),
      manifest: sha256('manifest'),
      config: sha256('config'),
      diffIds: [sha256('layer')],
    },
  ],
  ['image', { reference: 'ghcr.io/Org/app@sha256:1', platform: 'linux/arm64/v8', manifest: sha256('other') }],
  [
    'archives',
    {
      kind: 'apt',
      url: 'http://deb.example.org/debian/',
      suite: 'bookworm-updates',
      size: 9,
      sha256: hex('a'),
    },
  ],
  [
    'apt',
    packaged('curl', '7.88.1-10+deb12u5', `${deb}/c/curl/curl_7.88.1-10+deb12u5_amd64.deb`, {
      architecture: 'amd64',
    }),
  ],
  [
    'apt',
    packaged('libssl3', '1:3.0.17-1+b2', `${deb}/o/openssl/libssl3_3.0.17-1+b2_amd64.deb`, {
      architecture: 'amd64',
    }),
  ],
  [
    'apk',
    packaged('musl', '1.2.5-r0', 'https://apk.example.org/alpine/v3.20/main/x86_64/musl-1.2.5-r0.apk', {
      architecture: 'x86_64',
    }),
  ],
  [
    'rpm',
    packaged('Bash', '1:5.2.26-3.fc40', 'https://rpm.example.org/b/bash.rpm', { architecture: 'x86_64' }),
  ],
  [
    'pypi',
    packaged(
      'Typing_Extensions',
      '4.12.2',
      'https://py.example.org/typing_extensions-4.12.2-py3-none-any.whl',
    ),
  ],
  ['npm', packaged('@types/node', '22.1.0', 'https://npm.example.org/@types/node/-/node-22.1.0.tgz')],
  ['npm', packaged('express', '4.18.2', 'https://npm.example.org/express/-/express-4.18.2.tgz')],
  [
    'go',
    packaged(
      'golang.org/x/text',
      'v0.3.0+incompatible',
      'https://go.example.org/golang.org/x/text/@v/v0.3.0.zip',
    ),
  ],
  ['cargo', packaged('serde', '1.0.200', 'https://crates.example.org/serde/1.0.200/download')],
  [
    'gem',
    packaged('nokogiri', '1.16.0', 'https://gems.example.org/gems/nokogiri-1.16.0-java.gem', {
      architecture: 'java',
    }),
  ],
  ['composer', packaged('monolog/monolog', '3.5.0', 'https://api.example.org/monolog/zipball/1')],
  [
    'maven',
    packaged(
      'org.example:tool:tar.gz:bin',
      '2.0',
      'https://m.example.org/org/example/tool/2.0/tool-2.0-bin.tar.gz',
    ),
  ],
  ['maven', packaged('org.example:lib', '1.0', 'https://m.example.org/org/example/lib/1.0/lib-1.0.jar')],
  [
    'cpan',
    packaged('Try-Tiny', '0.31', 'https://cpan.example.org/authors/id/E/ET/ETHER/Try-Tiny-0.31.tar.gz'),
  ],
  [
    'git',
    {
      url: 'https://github.com/Example/Tool.git',
      commit: '0'.repeat(40),
      ref: 'main',
      size: 5,
      sha256: hex('p'),
    },
  ],
  ['git', { url: 'https://git.example.org/group/tool', commit: '1'.repeat(40), size: 5, sha256: hex('q') }],
  ['file', { url: 'https://example.org/get/install.sh?v=1&x=a b', size: 12, sha256: hex('script') }],
  ['file', { url: 'https://example.org/moved', status: 302 }],
  ['file', { url: 'https://example.org/api', method: 'POST', size: 1, sha256: hex('answer') }],
  ['unlocked', { reason: 'GATEWAY_DENIED', url: 'https://example.org/private', status: 403 }],
];

export const inputs: readonly RecordedInput[] = lines.map(([section, line]) => ({ section, line }));

/** What a registry may call a package to break the document that names it. */
export const hostileInputs: readonly RecordedInput[] = [
  {
    section: 'npm',
    line: { name: '@a/"><script>\u0000', version: '1 2\n3', sha256: hex('x'), url: 'not a url' },
  },
  { section: 'file', line: { url: 'https://example.org/%zz/<a>"\\', sha256: hex('y') } },
];
