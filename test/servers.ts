import { AptArchive, type ArchiveServer, type PackageSpec } from '../testkit/apt/index.ts';
import { HostileServer } from '../testkit/hostile/index.ts';
import { NpmRegistry } from '../testkit/npm/index.ts';
import { PypiIndex } from '../testkit/pypi/index.ts';

/** An apt archive, an npm registry, a Python package index and a web server on the loopback, known to a build by names. */
export interface Servers {
  readonly archive: AptArchive;
  readonly apt: ArchiveServer;
  readonly npm: NpmRegistry;
  readonly pypi: PypiIndex;
  /** `files.pages` holds what each path answers; `serveFiles` fills it. */
  readonly files: HostileServer;
  /** As a Dockerfile names them, without a final slash: `http://deb.test:PORT`. */
  readonly urls: {
    readonly apt: string;
    readonly npm: string;
    readonly pypi: string;
    readonly files: string;
  };
  /** Options of `lock` and `build` by which those names lead to the servers. */
  readonly addHosts: readonly string[];
  /** How many requests they had so far. */
  requestCount(): number;
  close(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const archive = await AptArchive.create();
  const [apt, npm, pypi, files] = await Promise.all([
    archive.serve(),
    NpmRegistry.start(),
    PypiIndex.start(),
    HostileServer.start(),
  ]);
  return {
    archive,
    apt,
    npm,
    pypi,
    files,
    urls: {
      apt: `http://deb.test:${new URL(apt.url).port}`,
      npm: `http://npm.test:${npm.port}`,
      pypi: `http://pypi.test:${pypi.port}/simple/`,
      files: `http://files.test:${files.port}`,
    },
    addHosts: ['deb.test', 'npm.test', 'pypi.test', 'files.test'].flatMap(name => [
      '--add-host',
      `${name}:127.0.0.1`,
    ]),
    requestCount: () =>
      apt.requests.length + npm.requests.length + pypi.requests.length + files.requests.length,
    close: async () => {
      await Promise.all([apt.close(), npm.close(), pypi.close(), files.close()]);
    },
  };
}

/** From now on the web server answers these paths with these texts; a text `-> PATH` redirects there. */
export function serveFiles({ files }: Servers, texts: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(texts)) {
    const location = /^-> (.*)$/.exec(text)?.[1];
    files.pages.set(path, (_request, response) => {
      if (location === undefined) response.end(text);
      else response.writeHead(302, { location }).end();
    });
  }
}

/** A package with a program of its own name that prints the version. */
export function programPackage(
  name: string,
  version: string,
  depends?: string,
  changelog?: string,
): PackageSpec {
  return {
    name,
    version,
    ...(depends !== undefined && { fields: { Depends: depends } }),
    ...(changelog !== undefined && { changelog }),
    files: { [`/usr/bin/${name}`]: { content: `#!/bin/sh\necho ${name} ${version}\n`, mode: 0o755 } },
  };
}

/** Dockerfile lines after which apt knows the test archive alone; `test.gpg` must be in the context. */
export function archiveLines({ urls }: Servers): string {
  return `COPY test.gpg /usr/share/keyrings/test.gpg
COPY <<EOF /etc/apt/sources.list.d/base.sources
Types: deb
URIs: ${urls.apt}
Suites: stable
Components: main
Signed-By: /usr/share/keyrings/test.gpg
EOF`;
}
