import { describe, expect, it } from 'vitest';
import { sha256 } from '../core/index.ts';
import {
  aFile,
  anArchive,
  aPackage,
  hex,
  pinnedText,
  pinnedRun,
  pinnedTwice,
  requestFor,
  type Took,
} from './testing.ts';

const date = '20261101T120000Z';
const digest = sha256('image');

describe('exact versions', () => {
  it.each<[run: string, took: readonly Took[], pinned: string]>([
    [
      'apt-get install -y curl:amd64 "g++" git/stable \\\n  # a comment\n  jq=1.*',
      [
        aPackage('apt', 'curl', '7.88.1-10', { architecture: 'amd64' }),
        aPackage('apt', 'g++', '4:12.2.0-3'),
        aPackage('apt', 'git', '1:2.39.5-0+deb12u2'),
        aPackage('apt', 'jq', '1.6-2.1'),
        aPackage('apt', 'libcurl4', '7.88.1-10'),
      ],
      'apt-get install -y curl:amd64=7.88.1-10 "g++=4:12.2.0-3" git=1:2.39.5-0+deb12u2 \\\n  # a comment\n  jq=1.6-2.1',
    ],
    [
      'apk add --no-cache curl~8 git@edge',
      [aPackage('apk', 'curl', '8.9.1-r1'), aPackage('apk', 'git', '2.47.1-r0')],
      'apk add --no-cache curl=8.9.1-r1 git=2.47.1-r0@edge',
    ],
    [
      'dnf install -y httpd glibc.i686 bind && zypper in vim && microdnf install tar',
      [
        aPackage('rpm', 'httpd', '2.4.62-2.fc41'),
        aPackage('rpm', 'glibc', '2.40-3.fc41', { architecture: 'i686' }),
        aPackage('rpm', 'bind', '32:9.18.30-1.fc41'),
        aPackage('rpm', 'vim', '9.1-1.1'),
        aPackage('rpm', 'tar', '2:1.35-4.fc41'),
      ],
      'dnf install -y httpd-2.4.62-2.fc41 glibc-2.40-3.fc41.i686 bind-32:9.18.30-1.fc41 && zypper in vim=9.1-1.1 && microdnf install tar-2:1.35-4.fc41',
    ],
    [
      'npm install -g typescript @scope/x@^1 && yarn add left-pad && npx -y cowsay@latest hi',
      [
        aPackage('npm', 'typescript', '5.6.3'),
        aPackage('npm', '@scope/x', '1.2.3'),
        aPackage('npm', 'left-pad', '1.3.0'),
        aPackage('npm', 'cowsay', '1.6.0'),
      ],
      'npm install -g typescript@5.6.3 @scope/x@1.2.3 && yarn add left-pad@1.3.0 && npx -y cowsay@1.6.0 hi',
    ],
    ['gem install bundler', [aPackage('gem', 'bundler', '2.5.23')], 'gem install bundler:2.5.23'],
    [
      'go install example.org/x/tools/gopls@latest',
      [
        aPackage('go', 'example.org/x/tools/gopls', 'v0.16.2', { url: 'https://p.test/a.zip' }),
        aPackage('go', 'example.org/x/tools', 'v0.22.1', { url: 'https://p.test/b.zip' }),
        aPackage('go', 'example.org/x/tools/gopls', 'v0.15.0', { url: 'https://p.test/c.mod' }),
      ],
      'go install example.org/x/tools/gopls@v0.16.2',
    ],
    [
      'cargo install --locked ripgrep && cargo add serde',
      [aPackage('cargo', 'ripgrep', '14.1.1'), aPackage('cargo', 'serde', '1.0.215')],
      'cargo install --locked ripgrep@14.1.1 && cargo add serde@=1.0.215',
    ],
    [
      'composer require monolog/monolog:^3',
      [aPackage('composer', 'monolog/monolog', '3.8.0')],
      'composer require monolog/monolog:3.8.0',
    ],
    ['cpanm Foo::Bar', [aPackage('cpan', 'Foo-Bar', '0.42')], 'cpanm Foo::Bar@0.42'],
    [
      'pipx install black[d]',
      [aPackage('pypi', 'black', '24.10.0'), aPackage('pypi', 'click', '8.1.7')],
      'pipx install black[d]==24.10.0',
    ],
    [
      '["apt-get", "install", "-y", "curl"]',
      [aPackage('apt', 'curl', '1.0')],
      '["apt-get", "install", "-y", "curl=1.0"]',
    ],
    [
      'bash -c "apk add curl" && eval \'apk add git\'',
      [aPackage('apk', 'curl', '1-r0'), aPackage('apk', 'git', '2-r0')],
      'bash -c "apk add curl=1-r0" && eval \'apk add git=2-r0\'',
    ],
    [
      '<<EOF\nset -e\napk add curl\nEOF',
      [aPackage('apk', 'curl', '1-r0')],
      '<<EOF\nset -e\napk add curl=1-r0\nEOF',
    ],
  ])('%s', async (run, took, pinned) => {
    expect(await pinnedRun(run, took)).toBe(pinned);
  });

  it.each<[what: string, run: string, took: readonly Took[], code: string]>([
    ['a variable', 'P=curl; apk add $P', [aPackage('apk', 'curl', '1')], 'NO_FORM'],
    ['an unknown variable', 'apk add $P', [aPackage('apk', 'curl', '1')], 'NOT_KNOWN'],
    ['what was there already', 'apk add curl', [aPackage('apk', 'git', '1')], 'NOT_LOCKED'],
    [
      'two versions',
      'npm i -g a',
      [aPackage('npm', 'a', '1.0.0'), aPackage('npm', 'a', '2.0.0')],
      'AMBIGUOUS',
    ],
    ['one version for all', "gem install -v '~> 2' a b", [aPackage('gem', 'a', '2.1')], 'NO_FORM'],
    [
      'what the lock knows as files',
      'conda install -y numpy',
      [aFile('https://x.test/n.conda', 'n')],
      'NO_FORM',
    ],
    ['a step that the lock does not have', 'apk add curl', [], 'NOT_LOCKED'],
    ['an upgrade', 'apk upgrade', [aPackage('apk', 'curl', '1')], 'NO_FORM'],
    [
      'dependencies',
      'apk add curl',
      [aPackage('apk', 'curl', '1'), aPackage('apk', 'zlib', '1')],
      'INDIRECT',
    ],
    ['downloads of a program', './configure', [aFile('https://x.test/a', 'a')], 'INDIRECT'],
    ['packages of a program', 'make', [aPackage('npm', 'a', '1.0.0')], 'INDIRECT'],
    ['a project', 'npm install', [aPackage('npm', 'a', '1.0.0')], 'INDIRECT'],
    [
      'another language',
      '<<E\n#!/usr/bin/env python\nimport os\nE',
      [aFile('https://x.test/a', 'a')],
      'NOT_KNOWN',
    ],
  ])('tells why it leaves %s', async (_what, run, took, code) => {
    const { unpinned } = await pinnedTwice(`FROM scratch\nRUN ${run}\n`, [took]);
    expect(unpinned.map(one => one.code)).toContain(code);
    for (const { what, why } of unpinned) expect([what, why]).not.toContain('');
  });

  it('platforms that took different versions have none in common', async () => {
    const text = 'FROM scratch\nRUN apk add curl\n';
    const { recordings: own } = requestFor(text, [[aPackage('apk', 'curl', '2')]]);
    const first = requestFor(text, [[aPackage('apk', 'curl', '1')]]);
    const { text: same, unpinned } = await pinnedText(text, [], {
      recordings: [...first.recordings, ...own],
    });
    expect(same).toBe(text);
    expect(unpinned[0]).toMatchObject({ code: 'AMBIGUOUS', what: 'curl', why: 'the lock has it as 1 and 2' });
  });
});

describe('a lock that was written by somebody else', () => {
  it.each<[run: string, took: readonly Took[]]>([
    ['apk add curl', [aPackage('apk', 'curl', '1;id')]],
    ['apk add "curl"', [aPackage('apk', 'curl', '1\nUSER root')]],
    ['apk add "curl"', [aPackage('apk', 'curl', '$(id)')]],
    ["apk add 'curl'", [aPackage('apk', 'curl', "'; id '")]],
    ['pip install web', [aPackage('pypi', 'web', '1.0\n--index-url=https://evil.test')]],
    ['git clone https://x.test/r', [{ section: 'git', line: { url: 'https://x.test/r', commit: '$(id)' } }]],
    ['apt-get update', [anArchive("http://x.test/'/debian/", 'Debian')]],
    ['apt-get update', [anArchive('http://x.test/#;e id;s#a#/debian/', 'Debian')]],
  ])('writes nothing into %s', async (run, took) => {
    const { text, files } = await pinnedTwice(`FROM scratch\nRUN ${run}\n`, [took]);
    expect([text, files]).toEqual([`FROM scratch\nRUN ${run}\n`, []]);
  });
});

describe('archives', () => {
  const debian = 'http://archive.test/debian/';
  const update = (rest = '') =>
    `find /etc/apt/sources.list* -type f -exec sed -Ei 's#http://archive\\.test/debian/?(\\s|$)#http://snapshot.debian.org/archive/debian/${date}/\\1#g' {} + \\\n && grep -rqF http://snapshot.debian.org/archive/debian/${date}/ /etc/apt/sources.list* \\\n && apt-get -o Acquire::Check-Valid-Until=false update${rest}`;

  it('are read as of the lock’s date, by what the signed index says of itself', async () => {
    const took = [
      anArchive(debian, 'Debian'),
      aPackage('apt', 'curl', '7.88.1-10'),
      aPackage('apt', 'libc6', '2'),
    ];
    const { text, unpinned } = await pinnedTwice(
      'FROM debian:12\nRUN apt-get update && apt-get install -y curl ca-certificates\nRUN true; apt-get update \\\n  && apt-get -y upgrade\n',
      [took, took],
    );
    expect(text).toBe(
      `FROM debian:12\nRUN ${update()} && apt-get install -y curl=7.88.1-10 ca-certificates\nRUN true; ${update()} \\\n  && apt-get -y upgrade\n`,
    );
    // Neither what is there already nor dependencies nor an upgrade can move then; only the base can.
    expect(unpinned.map(({ what }) => what)).toEqual(['debian:12']);
  });

  it('come from where the project keeps them', async () => {
    const text = await pinnedRun('apt-get update', [anArchive(debian, 'Debian')], {
      snapshots: { Debian: 'https://past.test/debian' },
    });
    expect(text).toContain(`https://past.test/debian/${date}/`);
  });

  it('at any address, and with the right of whoever runs it', async () => {
    const run = await pinnedRun('sudo apt-get update', [anArchive('https://mirror.test/u/', 'Ubuntu')]);
    expect(run).toMatch(
      /^sudo find .*https:\/\/snapshot\.ubuntu\.com\/ubuntu\/20261101T120000Z\/.*\n.* \\\n && sudo apt-get -o /,
    );
  });

  it('that only some platforms read are no reason to stop on others', async () => {
    const text = 'FROM scratch\nRUN apt-get update\n';
    const ports = anArchive('http://x.test/debian-ports/', 'Debian Ports');
    const one = requestFor(text, [[anArchive(debian, 'Debian')]]).recordings;
    const other = requestFor(text, [[anArchive(debian, 'Debian'), ports]]).recordings;
    const { text: pinned } = await pinnedText(text, [], { recordings: [...one, ...other] });
    expect(pinned).toContain('s#http://x\\.test/debian-ports/?');
    expect(pinned.match(/grep -rqF \S+/g)).toEqual([
      `grep -rqF http://snapshot.debian.org/archive/debian/${date}/`,
    ]);
  });

  it('of others have no past', async () => {
    const took = [
      anArchive('https://x.test/apt/', 'Other'),
      aPackage('apt', 'tool', '1'),
      aPackage('apt', 'lib', '2'),
    ];
    const { text, unpinned } = await pinnedTwice('FROM scratch\nRUN apt update && apt install tool\n', [
      took,
    ]);
    expect(text).toBe('FROM scratch\nRUN apt update && apt install tool=1\n');
    expect(unpinned.map(({ code }) => code)).toEqual(['NO_PAST', 'INDIRECT']);
  });

  it('in a script of its own, or with another escape character, on one line', async () => {
    const took = [anArchive(debian, 'Debian')];
    for (const text of [
      'FROM x@sha256:0\nRUN <<E\napt-get update\nE\n',
      '# escape=`\nFROM debian\nRUN apt-get update\n',
    ])
      expect((await pinnedTwice(text, [took])).text).toContain('{} + && grep -rqF ');
  });

  it.each([
    'bash -c "apt-get update"',
    'true || apt-get update',
    'yes | apt-get update',
    '! apt-get update',
    '["apt-get", "update"]',
  ])('stay as they are in: %s', async run => {
    const { text, unpinned } = await pinnedTwice(`FROM scratch\nRUN ${run}\n`, [
      [anArchive(debian, 'Debian')],
    ]);
    expect(text).toBe(`FROM scratch\nRUN ${run}\n`);
    expect(unpinned.map(({ code }) => code)).toContain('NO_FORM');
  });
});

describe('instructions', () => {
  const image = (reference: string): Took => ({
    section: 'image',
    line: {
      reference,
      platform: 'linux/amd64',
      index: digest,
      manifest: sha256('m'),
      config: digest,
      diffIds: [],
    },
  });
  const others = [image('debian:12'), image('alpine:3'), aFile('https://x.test/f', 'f')];

  it('get digests and checksums; comments, CRLF and formatting stay', async () => {
    const { text, pins } = await pinnedTwice(
      '# a comment\r\nARG B="debian:12"\r\nFROM   $B  AS b\r\nCOPY --from=alpine:3 /a /b\r\nADD  https://x.test/f /\r\n',
      [],
      { others },
    );
    expect(text).toBe(
      `# a comment\r\nARG B="debian:12@${digest}"\r\nFROM   $B  AS b\r\nCOPY --from=alpine:3@${digest} /a /b\r\nADD --checksum=sha256:${hex('f')}  https://x.test/f /\r\n`,
    );
    expect(pins.map(({ kind }) => kind)).toEqual(['image', 'image', 'file']);
  });

  it.each([
    [
      'ARG V="12"\nFROM debian:$V AS a\nFROM debian:$V\n',
      `ARG V="12@${digest}"\nFROM debian:$V AS a\nFROM debian:$V\n`,
    ],
    ['ARG V=3\nFROM alpine:${V}\n', `ARG V=3@${digest}\nFROM alpine:\${V}\n`],
    // What else it serves for would get the digest too.
    ['ARG V=12\nFROM debian:$V\nARG V\nRUN echo $V\n', undefined],
    ['ARG V=12\nFROM debian:$V\nFROM other:$V\n', undefined],
    ['ARG V=12\nARG W=$V\nFROM debian:$V\n', undefined],
    ['ARG V=1\nFROM debian:${V}2\n', undefined],
  ])('an argument that ends the reference holds the digest: %s', async (text, pinned = text) => {
    const result = await pinnedTwice(text, [], { others });
    expect(result.text).toBe(pinned);
    if (pinned !== text) expect(result.unpinned).toEqual([]);
  });

  it('are left with a reason', async () => {
    const { unpinned } = await pinnedTwice(
      '# syntax=docker/dockerfile:1\nARG V=1\nFROM debian:${V}2\n# holdfast ignore=image-digest\nFROM debian:12\nFROM other:1\nFROM $X\nADD https://x.test/g /\n',
      [],
      { others },
    );
    expect(unpinned.map(({ code, what }) => `${code} ${what}`)).toEqual([
      'NOT_LOCKED docker/dockerfile:1',
      'NO_FORM debian:12',
      'SUPPRESSED debian:12',
      'NOT_LOCKED other:1',
      'NOT_KNOWN ${X}',
      'NOT_LOCKED https://x.test/g',
    ]);
  });

  it('a frontend is what its registry has, where that may be asked', async () => {
    const text = '# syntax=docker/dockerfile:1\nFROM scratch\n';
    const asked: string[] = [];
    const frontendDigest = async (reference: string) => {
      asked.push(reference);
      return digest;
    };
    const { text: pinned, unpinned } = await pinnedTwice(text, [], { frontendDigest });
    expect(pinned).toBe(`# syntax=docker/dockerfile:1@${digest}\nFROM scratch\n`);
    expect([asked, unpinned]).toEqual([['docker/dockerfile:1'], []]);
  });

  it('what triggers hold is for other builds', async () => {
    const text = 'FROM scratch\nONBUILD RUN apk add curl\n';
    expect((await pinnedTwice(text, [])).text).toBe(text);
  });
});
