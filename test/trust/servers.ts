import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { GitServer } from '../../testkit/git/index.ts';
import { zipOf } from '../../testkit/pypi/zip.ts';
import { tarOf } from '../../testkit/tar.ts';
import { programPackage, startServers, type Servers } from '../world.ts';
import { SecureFront } from './secure-front.ts';

/** Where the clients of the table find `hello`, all of it over TLS and without a final slash. */
export interface SecureUrls {
  readonly files: string;
  readonly git: string;
  readonly npm: string;
  readonly pypi: string;
  readonly apt: string;
}

export interface SecureServers {
  readonly front: SecureFront;
  readonly urls: SecureUrls;
  /** The key of the apt archive. */
  readonly aptKey: Buffer;
  readonly addHosts: readonly string[];
  close(): Promise<void>;
}

export async function startSecureServers(): Promise<SecureServers> {
  const servers = await startServers();
  const git = await GitServer.start();
  await publish(servers, git);
  const names = new Map([
    ['git.test', git.port],
    ['npm.test', servers.npm.port],
    ['pypi.test', servers.pypi.port],
    ['deb.test', Number(new URL(servers.apt.url).port)],
  ]);
  const front = await SecureFront.start(names);
  const urls = {
    files: front.url('files.test'),
    git: front.url('git.test'),
    npm: front.url('npm.test'),
    pypi: front.url('pypi.test'),
    apt: front.url('deb.test'),
  };
  await publishFiles(front, git, urls);
  return {
    front,
    urls,
    aptKey: servers.archive.key.gpg,
    addHosts: ['files.test', ...names.keys()].flatMap(name => ['--add-host', `${name}:127.0.0.1`]),
    close: async () => {
      await Promise.all([front.close(), git.close(), servers.close()]);
    },
  };
}

const date = '2026-01-15T00:00:00Z';

async function publish({ archive, npm, pypi }: Servers, git: GitServer): Promise<void> {
  await archive.publish({ date: new Date(date), packages: [programPackage('hello', '1.0')] });
  pypi.add('hello', '1.0', { uploadTime: date });
  npm.publish({ name: 'hello', version: '1.0.0', time: date });
  const repository = await git.create('hello.git');
  await repository.commit({ date, files: { hello: 'hello\n' } });
}

/** What needs no server of its own: a file, a Go proxy, RubyGems, crates, and repositories of Composer and Maven. */
async function publishFiles({ pages }: SecureFront, git: GitServer, urls: SecureUrls): Promise<void> {
  pages.set('/hello', 'hello\n');

  const goMod = 'module example.org/hello\n';
  const goFiles = { 'go.mod': goMod, 'hello.go': 'package hello\n' };
  pages.set('/go/example.org/hello/@v/v1.0.0.info', JSON.stringify({ Version: 'v1.0.0', Time: date }));
  pages.set('/go/example.org/hello/@v/v1.0.0.mod', goMod);
  pages.set(
    '/go/example.org/hello/@v/v1.0.0.zip',
    zipOf(
      Object.entries(goFiles).map(([path, text]) => ({
        path: `example.org/hello@v1.0.0/${path}`,
        content: Buffer.from(text),
      })),
    ),
  );

  // [["hello", Gem::Version.new("1.0.0"), "ruby"]] as Ruby's Marshal writes it.
  const specs =
    '\x04\b[\x06[\bI"\x0ahello\x06:\x06ETU:\x11Gem::Version[\x06I"\x0a1.0.0\x06;\0TI"\x09ruby\x06;\0T';
  for (const name of ['specs', 'latest_specs', 'prerelease_specs'])
    pages.set(`/gems/${name}.4.8.gz`, gzipSync(Buffer.from(specs, 'latin1')));

  const crate = tarball('hello-1.0.0', {
    'Cargo.toml': '[package]\nname = "hello"\nversion = "1.0.0"\n',
    'src/lib.rs': '',
  });
  const cksum = createHash('sha256').update(crate).digest('hex');
  const line = { name: 'hello', vers: '1.0.0', deps: [], cksum, features: {}, yanked: false };
  pages.set('/crates/hello-1.0.0.crate', crate);
  const index = await git.create('index.git');
  await index.commit({
    date,
    files: {
      'config.json': JSON.stringify({ dl: `${urls.files}/crates/{crate}-{version}.crate` }),
      'he/ll/hello': `${JSON.stringify(line)}\n`,
    },
  });

  const library = tarball('hello', { 'composer.json': JSON.stringify({ name: 'test/hello' }) });
  pages.set('/composer/hello.tar', library);
  const dist = {
    type: 'tar',
    url: `${urls.files}/composer/hello.tar`,
    shasum: createHash('sha1').update(library).digest('hex'),
  };
  const versions = { '1.0.0': { name: 'test/hello', version: '1.0.0', dist } };
  pages.set('/composer/packages.json', JSON.stringify({ packages: { 'test/hello': versions } }));

  const pom = `<project><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>hello</artifactId><version>1.0</version><packaging>pom</packaging></project>`;
  pages.set('/maven/org/example/hello/1.0/hello-1.0.pom', pom);
  pages.set('/maven/org/example/hello/1.0/hello-1.0.pom.sha1', createHash('sha1').update(pom).digest('hex'));
}

function tarball(folder: string, files: Readonly<Record<string, string>>): Buffer {
  return gzipSync(
    tarOf(
      Object.entries(files).map(([path, text]) => ({
        path: `${folder}/${path}`,
        content: Buffer.from(text),
      })),
    ),
  );
}
