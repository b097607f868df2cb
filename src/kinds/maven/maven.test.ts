import { describe, expect, it } from 'vitest';
import { sha256, type Digest } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import { recognised as of, type Answered } from '../testing.ts';
import { maven } from './index.ts';

const pom = (group: string, artifact = 'app', rest = '') =>
  `<?xml version="1.0"?><project xmlns="urn:pom"><modelVersion>4.0.0</modelVersion>${rest}` +
  `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>1.0</version></project>`;

const recognised = (...answered: readonly (Answered | string)[]) => of(maven, answered);

const base = 'https://repo.test/maven2';
const artefact = (name: string, version: string) => ({ class: 'artefact', name, version });
const index = { class: 'index' };

describe('in a repository that looks like one', () => {
  it.each([
    ['junit/junit/4.13.2/junit-4.13.2.jar', 'junit:junit', '4.13.2'],
    ['junit/junit/4.13.2/junit-4.13.2.pom', 'junit:junit:pom', '4.13.2'],
    [
      'org/apache/commons/commons-lang3/3.14.0/commons-lang3-3.14.0.jar',
      'org.apache.commons:commons-lang3',
      '3.14.0',
    ],
    [
      'com/google/guava/guava/33.0.0-jre/guava-33.0.0-jre.module',
      'com.google.guava:guava:module',
      '33.0.0-jre',
    ],
    [
      'io/netty/netty-x/4.1.1.Final/netty-x-4.1.1.Final-linux-x86_64.jar',
      'io.netty:netty-x:jar:linux-x86_64',
      '4.1.1.Final',
    ],
    ['g/json-lib/2.4/json-lib-2.4-jdk1.5.jar', 'g:json-lib:jar:jdk1.5', '2.4'],
    [
      'org/apache/maven/apache-maven/3.9.6/apache-maven-3.9.6-bin.tar.gz',
      'org.apache.maven:apache-maven:tar.gz:bin',
      '3.9.6',
    ],
    ['g/a/1.0/a-1.0.tar.gz', 'g:a:tar.gz', '1.0'],
    ['g/a/1.0/a-1.0.jar.asc', 'g:a:jar.asc', '1.0'],
    ['g/a/1.0/a-1.0.jar.sigstore.json', 'g:a:jar.sigstore.json', '1.0'],
    ['g/a/1.0%2B2/a-1.0%2B2.aar', 'g:a:aar', '1.0+2'],
    ['g/a.b/r09/a.b-r09.war?x=1', 'g:a.b:war', 'r09'],
    ['g/a/1.0-SNAPSHOT/a-1.0-20240601.120000-3.jar', 'g:a', '1.0-20240601.120000-3'],
    ['g/a/1.0-SNAPSHOT/a-1.0-20240601.120000-3-sources.jar', 'g:a:jar:sources', '1.0-20240601.120000-3'],
    ['g/a/1.0-SNAPSHOT/a-1.0-SNAPSHOT.jar', 'g:a', '1.0-SNAPSHOT'],
  ])('%s is %s %s', async (path, name, version) => {
    expect(await recognised(`${base}/${path}`)).toEqual([artefact(name, version)]);
  });

  it.each([
    'g/a/maven-metadata.xml.sha1',
    'g/a/1.0/a-1.0.jar.sha1',
    'g/a/1.0/a-1.0.pom.md5',
    'g/a/1.0/a-1.0.jar.asc.sha256',
    'g/a/1.0/a-1.0.jar.sha512',
  ])('%s is index', async path => {
    expect(await recognised(`${base}/${path}`)).toEqual([index]);
  });

  it.each([
    'g/a/1.0/b-1.0.jar',
    'g/a/1.0/a-1.1.jar',
    'g/a/1.0/a-1.0.5.jar',
    'g/a/1.0/a-1.0',
    'g/a/1.0/',
    'g/a/1.0-SNAPSHOT/a-1.1-20240601.120000-3.jar',
    'g/a/1.0-SNAPSHOT/a-1.0-2024.jar',
    'a/1.0/a-1.0.jar',
    'org.example/a/1.0/a-1.0.jar',
    'g/%zz/1.0/a-1.0.jar',
    'g/a%2fb/1.0/a%2fb-1.0.jar',
    'g/a/%0a/a-%0a.jar',
    `g/a/1.0/a-1.0-${'-'.repeat(300)}.jar`,
    'archetype-catalog.xml',
  ])('%s is left', async path => {
    expect(await recognised(`${base}/${path}`)).toEqual([undefined]);
  });

  it('metadata and checksums are index where they are what they are called', async () => {
    const metadata = `${base}/g/a/maven-metadata.xml`;
    const long = 'x'.repeat(2000);
    expect(
      await recognised(
        { url: metadata, body: '<metadata/>' },
        {
          url: `${base}/g/a/1.0-SNAPSHOT/maven-metadata.xml`,
          body: '<?xml version="1.0"?><metadata></metadata>',
        },
        { url: metadata, status: 404 },
        { url: metadata, body: '#!/bin/sh' },
        { url: `${metadata}.sha1`, body: long },
        { url: `${base}/g/a/1.0/a-1.0.jar.sha1`, body: long },
      ),
    ).toEqual([index, index, index, undefined, undefined, undefined]);
  });

  it('takes for index that there is no such file, or elsewhere, and leaves other methods', async () => {
    const url = `${base}/g/a/1.0/a-1.0.jar`;
    expect(
      await recognised(
        { url, status: 404 },
        { url: `${url}.sha1`, status: 404 },
        { url, status: 302 },
        { url, method: 'PUT' },
        { url, method: 'HEAD' },
      ),
    ).toEqual([index, index, index, undefined, artefact('g:a', '1.0')]);
  });
});

describe('where the group begins', () => {
  it.each([
    ['https://n.test/nexus/content/repositories/central/org/x/a/1/a-1.jar', 'org.x:a'],
    ['https://n.test/nexus/content/groups/public/org/x/a/1/a-1.jar', 'org.x:a'],
    ['https://n.test/repository/maven-public/org/x/a/1/a-1.pom', 'org.x:a:pom'],
    ['https://n.test/artifactory/libs-release/org/x/a/1/a-1.aar', 'org.x:a:aar'],
    ['https://n.test/api/v4/projects/7/packages/maven/org/x/a/1/a-1.jar', 'org.x:a'],
    ['https://plugins.test/m2/org/x/a/1/a-1.jar', 'org.x:a'],
  ])('is seen in %s', async (url, name) => {
    expect(await recognised(url)).toEqual([artefact(name, '1')]);
  });

  it.each([
    'https://n.test/repository/pypi/packages/flask/1.0/flask-1.0.tar.gz',
    'https://n.test/repository/raw/tools/app/1.0/app-1.0.zip',
    'https://n.test/repository/app/1.0/app-1.0.jar',
    'https://jit.test/org/x/a/1/a-1.jar',
    'https://n.test/downloads/app/1.0/app-1.0.jar',
  ])('is not seen in %s', async url => expect(await recognised(url)).toEqual([undefined]));

  it('is told by a pom, for all files of its repository', async () => {
    const found = await recognised(
      { url: 'https://jit.test/org/x/app/1.0/app-1.0.pom', body: pom('org.x') },
      'https://jit.test/com/y/z/lib/2/lib-2-all.zip',
      'https://jit.test:8443/com/y/z/lib/2/lib-2.jar',
    );
    expect(found).toEqual([
      artefact('org.x:app:pom', '1.0'),
      artefact('com.y.z:lib:zip:all', '2'),
      undefined,
    ]);
  });

  it('is told by a pom’s parent, and by the pom itself before that', async () => {
    const parent = '<parent><groupId>org.x</groupId></parent>';
    const child = `<project>${parent}<artifactId>app</artifactId></project>`;
    expect(await recognised({ url: 'https://a.test/r/org/x/app/1.0/app-1.0.pom', body: child })).toEqual([
      artefact('org.x:app:pom', '1.0'),
    ]);
    expect(
      await recognised({
        url: 'https://a.test/r/com/y/app/1.0/app-1.0.pom',
        body: pom('com.y', 'app', parent),
      }),
    ).toEqual([artefact('com.y:app:pom', '1.0')]);
  });

  it.each([
    ['https://a.test/r/org/x/app/maven-metadata.xml', '<artifactId>app</artifactId>'],
    ['https://a.test/r/org/x/app/1.0-SNAPSHOT/maven-metadata.xml', '<artifactId>app</artifactId>'],
    ['https://a.test/r/org/x/maven-metadata.xml', ''],
  ])('is told by %s', async (url, artifact) => {
    const body = `<metadata><groupId>org.x</groupId>${artifact}</metadata>`;
    const [, jar] = await recognised({ url, body }, 'https://a.test/r/com/y/lib/1/lib-1.jar');
    expect(jar).toEqual(artefact('com.y:lib', '1'));
  });

  it('is what most files say: one that lies about itself is outvoted', async () => {
    const at = (path: string, group: string, artifact: string) => ({
      url: `https://a.test/r/${path}/${artifact}/1/${artifact}-1.pom`,
      body: pom(group, artifact),
    });
    const [liar] = await recognised(
      at('org/x', 'x', 'a'),
      at('org/x', 'org.x', 'b'),
      at('org/x', 'org.x', 'c'),
      at('com/y', 'com.y', 'd'),
    );
    expect(liar).toEqual(artefact('org.x:a:pom', '1'));
  });

  it.each([
    ['another group', pom('org.other')],
    ['a group that is not filled in', pom('${project.group}')],
    ['a path for a group', pom('../../x')],
    ['no group', '<project/>'],
    ['HTML', '<!doctype html><html></html>'],
    ['an entity', '<!DOCTYPE p [<!ENTITY g "org.x">]><project><groupId>&g;</groupId></project>'],
    ['nothing', ''],
  ])('is not told by a pom with %s', async (_, body) => {
    expect(await recognised({ url: 'https://a.test/org/x/app/1.0/app-1.0.pom', body })).toEqual([undefined]);
  });

  it('is not looked for in a file beyond all measure, nor in more than it takes', async () => {
    const reads: Digest[] = [];
    const exchange = (name: string, size: number): Exchange => ({
      key: { method: 'GET', url: `https://a.test/org/x/${name}/1/${name}-1.pom`, vary: {} },
      responses: [{ status: 200, headers: [], body: { digest: sha256(name), size } }],
    });
    const names = Array.from({ length: 20 }, (_, n) => `a${n}`);
    const exchanges = [exchange('huge', 2 ** 30), ...names.map(name => exchange(name, 100))];
    const readBody = async (digest: Digest) => {
      reads.push(digest);
      return Buffer.from(pom('org.x'));
    };
    const recognise = await maven.recogniser({ exchanges, readBody });
    expect(reads).toEqual([sha256('a0'), sha256('a1'), sha256('a2')]);
    expect(exchanges.map(recognise)[20]).toEqual(artefact('org.x:a19:pom', '1'));
  });
});
