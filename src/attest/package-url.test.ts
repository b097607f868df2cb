import { PackageURL } from 'packageurl-js';
import { expect, test } from 'vitest';
import { inputsBySection } from '../lock/index.ts';
import { installedComponents, lockedComponents } from './component.ts';
import { lockedDistribution } from './distribution.ts';
import { hex, inputs } from './testing.ts';

const debian = { id: 'debian', version: '12' };
const digest = (text: string) => encodeURIComponent(`sha256:${hex(text)}`).replaceAll('%3A', ':');

test('of every kind, as the specification has it', () => {
  const urls = lockedComponents(inputs, debian).map(({ purl }) => purl);
  expect(urls).toEqual([
    `pkg:oci/debian@${digest('index')}?arch=amd64&repository_url=docker.io%2Flibrary%2Fdebian&tag=bookworm-slim`,
    `pkg:oci/app@${digest('other')}?arch=arm64&repository_url=ghcr.io%2FOrg%2Fapp`,
    'pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12',
    'pkg:deb/debian/libssl3@1:3.0.17-1%2Bb2?arch=amd64&distro=debian-12&upstream=openssl%401:3.0.17-1',
    'pkg:apk/debian/musl@1.2.5-r0?arch=x86_64&distro=debian-12',
    'pkg:rpm/debian/Bash@5.2.26-3.fc40?arch=x86_64&distro=debian-12&epoch=1',
    'pkg:pypi/typing-extensions@4.12.2',
    'pkg:npm/%40types/node@22.1.0',
    'pkg:npm/express@4.18.2',
    'pkg:golang/golang.org/x/text@v0.3.0%2Bincompatible',
    'pkg:cargo/serde@1.0.200',
    'pkg:gem/nokogiri@1.16.0?platform=java',
    'pkg:composer/monolog/monolog@3.5.0',
    'pkg:maven/org.example/tool@2.0?classifier=bin&type=tar.gz',
    'pkg:maven/org.example/lib@1.0',
    'pkg:cpan/ETHER/Try-Tiny@0.31',
    `pkg:github/example/tool@${'0'.repeat(40)}`,
    `pkg:generic/tool@${'1'.repeat(40)}?vcs_url=git%2Bhttps:%2F%2Fgit.example.org%2Fgroup%2Ftool%40${'1'.repeat(40)}`,
    `pkg:generic/install.sh?checksum=sha256:${hex('script')}&download_url=https:%2F%2Fexample.org%2Fget%2Finstall.sh%3Fv%3D1%26x%3Da%2520b`,
  ]);
  // Another implementation reads the same out of them.
  for (const url of urls) {
    const parsed = PackageURL.fromString(url ?? '');
    expect(PackageURL.fromString(parsed.toString())).toEqual(parsed);
  }
  const file = PackageURL.fromString(urls.at(-1) ?? '');
  expect({ ...file.qualifiers }).toEqual({
    checksum: `sha256:${hex('script')}`,
    download_url: 'https://example.org/get/install.sh?v=1&x=a%20b',
  });
  expect(PackageURL.fromString(urls[3] ?? '')).toMatchObject({
    namespace: 'debian',
    name: 'libssl3',
    version: '1:3.0.17-1+b2',
    qualifiers: { upstream: 'openssl@1:3.0.17-1' },
  });
});

test.each([
  [
    ['archives', { kind: 'apt', url: 'http://x/', suite: 'noble-security' }],
    { id: 'ubuntu', version: '24.04' },
  ],
  [['archives', { kind: 'apt', url: 'http://x/', suite: 'trixie/updates' }], { id: 'debian', version: '13' }],
  [
    ['archives', { kind: 'apk', url: 'http://x/alpine/', suite: 'v3.20/main' }],
    { id: 'alpine', version: '3.20' },
  ],
  [['rpm', { name: 'a', version: '1-1.fc40' }], { id: 'fedora', version: '40' }],
  [['image', { reference: 'docker.io/library/ubuntu:22.04' }], { id: 'ubuntu', version: '22.04' }],
  [['image', { reference: 'debian:12-slim@sha256:0' }], { id: 'debian', version: '12' }],
  [['image', { reference: 'node:constructor' }], undefined],
  [['archives', { kind: 'apt', url: 'http://x/', suite: 'toString' }], undefined],
] as const)('the distribution that %j tells of', ([section, line], distribution) => {
  expect(lockedDistribution(inputsBySection([{ section, line }]))).toEqual(distribution);
});

test('what is installed has the URL and digest of what was taken from outside', () => {
  const [curl, own, ...others] = installedComponents(
    [
      { kind: 'apt', name: 'curl', version: '7.88.1-10+deb12u5', architecture: 'amd64' },
      { kind: 'apt', name: 'own', version: '1' },
      { kind: 'apt', name: 'own', version: '1' },
      { kind: 'apt', name: 'gcc', version: '4:12.2.0-3', source: { name: 'gcc-defaults', version: '1.203' } },
      { kind: 'apt', name: 'libssl3', version: '1', source: { name: 'openssl', version: '1' } },
    ],
    inputs,
    debian,
  );
  expect(curl).toMatchObject({
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    url: expect.stringContaining('/pool/'),
  });
  expect(own).toEqual({
    id: own?.id,
    kind: 'apt',
    name: 'own',
    version: '1',
    purl: 'pkg:deb/debian/own@1?distro=debian-12',
  });
  expect(others.map(({ purl }) => purl)).toEqual([
    'pkg:deb/debian/gcc@4:12.2.0-3?distro=debian-12&upstream=gcc-defaults%401.203',
    'pkg:deb/debian/libssl3@1?distro=debian-12&upstream=openssl',
  ]);
});
