import type { ArchiveServer } from '../../testkit/apt/index.ts';
import { composerPages, cratePages, gemPages, mavenPages, type Pages } from '../../testkit/pages/index.ts';
import { YumRepository } from '../../testkit/rpm/index.ts';
import { startServers, type Servers } from '../world.ts';

/** The servers of the test world, and package servers of those ecosystems for which files suffice. */
export interface InstallerServers {
  readonly world: Servers;
  /** Below it lie `gems`, `composer`, `crates` and `maven`. */
  readonly files: string;
  /** Nothing where rpm's tools are missing. */
  readonly yum: YumServers | undefined;
  readonly addHosts: readonly string[];
  /** All their URLs. A port of no common use is served to a step where the Dockerfile names it. */
  readonly named: string;
  close(): Promise<void>;
}

/** Two repositories with a key each: one that is asked itself, and one that is found by its metalink and compressed by xz. */
export interface YumServers {
  readonly repositories: readonly [YumRepository, YumRepository];
  readonly urls: readonly [string, string];
}

export const published = '2026-01-15T00:00:00Z';

export async function startInstallerServers(withYum: boolean): Promise<InstallerServers> {
  const [world, yum] = await Promise.all([startServers(), withYum ? startYum() : undefined]);
  const { files } = world.urls;
  publish(world, files);
  return {
    world,
    files,
    yum: yum?.servers,
    named: [...Object.values(world.urls), ...(yum?.servers.urls ?? [])].join(' '),
    addHosts: [...world.addHosts, '--add-host', 'yum.test:127.0.0.1'],
    close: async () => {
      await Promise.all([world.close(), yum?.close()]);
    },
  };
}

function publish({ npm, pypi, files: server }: Servers, files: string): void {
  pypi.add('web', '1.0', { uploadTime: published, requires: ['shared>=1'] });
  pypi.add('shared', '1.1', { uploadTime: published, files: ['sdist'], buildRequires: ['maker'] });
  pypi.add('maker', '5', { uploadTime: published });
  npm.publish(
    { name: 'server', version: '1.0.0', time: published, dependencies: { '@scope/util': '^1.0.0' } },
    { name: '@scope/util', version: '1.2.0', time: published },
    // npm looks for a newer npm.
    { name: 'npm', version: '1.0.0', time: published },
  );
  const all: readonly Pages[] = [
    gemPages(
      [
        { name: 'site', version: '2.0.0', dependencies: { 'site-parts': '~> 1.0' }, created: published },
        { name: 'site-parts', version: '1.4', created: published },
      ],
      '/gems',
    ),
    composerPages(
      [
        { name: 'test/site', version: '1.2.0', requires: { 'test/parts': '^3.0' } },
        { name: 'test/parts', version: '3.1.0' },
      ],
      `${files}/composer`,
      '/composer',
    ),
    cratePages(
      [
        { name: 'engine', version: '0.3.1', dependencies: { gear: '1' } },
        { name: 'gear', version: '1.0.7' },
      ],
      `${files}/crates`,
      '/crates',
    ),
    mavenPages(
      [
        { group: 'org.example', artifact: 'parent', version: '4', packaging: 'pom' },
        {
          group: 'org.example.build',
          artifact: 'extension',
          version: '1.1',
          packaging: 'jar',
          dependencies: ['org.example:library:0.9'],
        },
        // Maven gives it to each extension that does not name it.
        { group: 'org.codehaus.plexus', artifact: 'plexus-utils', version: '1.1', packaging: 'jar' },
        { group: 'org.example', artifact: 'library', version: '0.9', packaging: 'jar' },
      ],
      '/maven',
    ),
    new Map([['/tool-1.0.tar', Buffer.from('a tool\n')]]),
  ];
  for (const pages of all)
    for (const [path, bytes] of pages)
      server.pages.set(path, (_request, response) => void response.end(bytes));
}

async function startYum(): Promise<{ servers: YumServers; close: () => Promise<void> }> {
  const [near, far] = await Promise.all([YumRepository.create(), YumRepository.create()]);
  await Promise.all([
    near.publish([
      {
        name: 'greeter',
        version: '1.0',
        release: '3.el9',
        requires: ['greeting >= 7:2'],
        files: { '/usr/bin/greeter': '#!/bin/sh\ncat /usr/share/greeting\n' },
      },
      { name: 'greeting', version: '2.1', epoch: 7, files: { '/usr/share/greeting': 'hello\n' } },
      { name: 'extra', version: '0.1', requires: ['greeting'] },
    ]),
    far.publish([{ name: 'far-away', version: '0.1~rc1', provides: ['distance'] }], 'xz'),
  ]);
  const served = [await near.serve(), await far.serve()] as const;
  const urlOf = ({ url }: ArchiveServer) => `http://yum.test:${new URL(url).port}`;
  const urls = [urlOf(served[0]), urlOf(served[1])] as const;
  far.put('metalink', far.metalink(`${urls[1]}/repodata/repomd.xml`));
  return {
    servers: { repositories: [near, far], urls },
    close: async () => {
      await Promise.all([...served.map(one => one.close()), near.close(), far.close()]);
    },
  };
}
