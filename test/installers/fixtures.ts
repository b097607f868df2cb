import { createHash } from 'node:crypto';
import type { NpmClientName, NpmClients } from '../../testkit/npm/index.ts';
import type { InstallerServers, YumServers } from './servers.ts';

/**
 * How a package manager installs a project in a Dockerfile. Its lines end with a step that says what is installed then,
 * a line `installed LABEL NAME VERSION` for each package, in the package manager's own words.
 */
export interface Installer {
  readonly label: string;
  /** The lock's section. */
  readonly section: string;
  /** Whether all lines of the section are its own. Others share theirs. */
  readonly lines: string;
  /** Of the build context. */
  readonly files: Readonly<Record<string, string>>;
  /** `NAME VERSION` of all that it must install. */
  readonly installs: readonly string[];
  /** `NAME VERSION` of what it needs only while it installs: that has lines too. */
  readonly builds?: readonly string[];
}

export async function lightInstallers(servers: InstallerServers, clients: NpmClients): Promise<Installer[]> {
  const missing = (['yarn', 'berry', 'pnpm'] as const).filter(name => clients.missing.has(name));
  if (missing.length > 0) console.log(`skipped: ${missing.join(', ')}, which npm could not install here`);
  const has = (name: NpmClientName) => !clients.missing.has(name);
  return [
    ...(servers.yum === undefined ? [] : [dnf(servers.yum)]),
    await pip(servers),
    await npm(servers),
    ...(has('yarn') ? [yarnClassic(servers)] : []),
    ...(has('berry') ? [yarnBerry(servers)] : []),
    ...(has('pnpm') ? [pnpm(servers)] : []),
    bundler(servers),
    composer(servers),
  ];
}

export function heavyInstallers(servers: InstallerServers): Installer[] {
  return [cargo(servers), maven(servers)];
}

function dnf({ repositories: [near, far], urls }: YumServers): Installer {
  const options = 'gpgcheck=1\nrepo_gpgcheck=1\n';
  return {
    label: 'dnf',
    section: 'rpm',
    lines: `COPY yum.repos.d /etc/yum.repos.d
COPY rpm-gpg /etc/pki/rpm-gpg
RUN dnf -y -q install greeter distance && test "$(greeter)" = hello
RUN rpm -qa --qf 'installed dnf %{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\n' | grep -v gpg-pubkey
`,
    files: {
      'rpm-gpg/near': near.key,
      'rpm-gpg/far': far.key,
      'yum.repos.d/near.repo': `[near]\nname=Near\nbaseurl=${urls[0]}\n${options}gpgkey=file:///etc/pki/rpm-gpg/near\n`,
      'yum.repos.d/far.repo': `[far]\nname=Far\nmetalink=${urls[1]}/metalink?repo=far&arch=$basearch\n${options}gpgkey=file:///etc/pki/rpm-gpg/far\n`,
    },
    installs: ['far-away 0.1~rc1-1', 'greeter 1.0-3.el9', 'greeting 7:2.1-1'],
  };
}

/** A file of requirements with digests, as `pip-compile --generate-hashes` writes it; one of them has no wheel. */
export async function requirements({ world }: InstallerServers): Promise<string> {
  const index = `http://127.0.0.1:${world.pypi.port}`;
  const lineOf = async (project: string, version: string) => {
    const page = await (await fetch(`${index}/simple/${project}/`)).text();
    const digests = [...page.matchAll(/#sha256=([0-9a-f]{64})/g)].map(
      ([, digest]) => `--hash=sha256:${digest}`,
    );
    return `${project}==${version} ${digests.join(' ')}\n`;
  };
  return (await lineOf('web', '1.0')) + (await lineOf('shared', '1.1'));
}

async function pip(servers: InstallerServers): Promise<Installer> {
  return {
    label: 'pip',
    section: 'pypi',
    lines: `COPY requirements.txt /srv/pip/
RUN pip install --break-system-packages --index-url ${servers.world.urls.pypi} --trusted-host pypi.test -r /srv/pip/requirements.txt
RUN pip list --path /usr/local/lib/python3*/dist-packages --format=freeze | sed 's/==/ /; s/^/installed pip /'
`,
    files: { 'requirements.txt': await requirements(servers) },
    installs: ['shared 1.1', 'web 1.0'],
    builds: ['maker 5'],
  };
}

export const nodeProject = JSON.stringify({
  name: 'project',
  version: '1.0.0',
  dependencies: { server: '^1.0.0' },
});

/** `NAME VERSION` of what it needs. */
export const nodePackages: readonly string[] = ['@scope/util 1.2.0', 'server 1.0.0'];

/** What lies in a project's node_modules, however it is laid out. */
const listPackages = (label: string) =>
  `RUN find /srv/${label}/node_modules -name package.json -exec node -p 'const { name, version } = require(process.argv[1]); "installed ${label} " + name + " " + version' {} \\;`;

/** The text of a package-lock.json of the project. */
export async function npmLock({ world }: InstallerServers): Promise<string> {
  const registry = `http://127.0.0.1:${world.npm.port}`;
  const entry = async (text: string) => {
    const [name = '', version = ''] = text.split(' ');
    const answer = await fetch(`${registry}/${name.replace('/', '%2f')}`);
    const { versions } = (await answer.json()) as { versions: Record<string, object> };
    const { dist, dependencies } = versions[version] as { dist: { tarball: string }; dependencies?: object };
    const resolved = dist.tarball.replace(registry, world.urls.npm);
    return [`node_modules/${name}`, { version, dependencies, ...dist, resolved }] as const;
  };
  const packages = Object.fromEntries(await Promise.all(nodePackages.map(entry)));
  const root = JSON.parse(nodeProject) as object;
  return JSON.stringify({ lockfileVersion: 3, requires: true, packages: { '': root, ...packages } });
}

async function npm(servers: InstallerServers): Promise<Installer> {
  return {
    label: 'npm',
    section: 'npm',
    lines: `COPY npm /srv/npm
RUN cd /srv/npm && npm ci --registry ${servers.world.urls.npm}
${listPackages('npm')}
`,
    files: { 'npm/package.json': nodeProject, 'npm/package-lock.json': await npmLock(servers) },
    installs: nodePackages,
  };
}

function yarnClassic({ world }: InstallerServers): Installer {
  return {
    label: 'yarn',
    section: 'npm',
    lines: `COPY yarn /srv/yarn
RUN cd /srv/yarn && /opt/yarn/node_modules/.bin/yarn install --registry ${world.urls.npm}
${listPackages('yarn')}
`,
    files: { 'yarn/package.json': nodeProject },
    installs: nodePackages,
  };
}

function yarnBerry({ world }: InstallerServers): Installer {
  const settings = { npmRegistryServer: world.urls.npm, unsafeHttpWhitelist: ['npm.test'] };
  const rest = { nodeLinker: 'node-modules', enableTelemetry: false };
  return {
    label: 'berry',
    section: 'npm',
    lines: `COPY berry /srv/berry
RUN cd /srv/berry && /opt/berry/node_modules/.bin/yarn install
${listPackages('berry')}
`,
    files: {
      'berry/package.json': nodeProject,
      'berry/yarn.lock': '',
      'berry/.yarnrc.yml': JSON.stringify({ ...settings, ...rest }),
    },
    installs: nodePackages,
  };
}

function pnpm({ world }: InstallerServers): Installer {
  return {
    label: 'pnpm',
    section: 'npm',
    lines: `COPY pnpm /srv/pnpm
RUN cd /srv/pnpm && /opt/pnpm/node_modules/.bin/pnpm install
${listPackages('pnpm')}
`,
    files: { 'pnpm/package.json': nodeProject, 'pnpm/.npmrc': `registry=${world.urls.npm}/\n` },
    installs: nodePackages,
  };
}

function bundler({ files }: InstallerServers): Installer {
  return {
    label: 'bundler',
    section: 'gem',
    lines: `COPY Gemfile /srv/bundler/
RUN cd /srv/bundler && BUNDLE_SILENCE_ROOT_WARNING=1 bundle install && bundle exec ruby -e 'require "site"'
RUN cd /srv/bundler && bundle list | sed -n 's/^  \\* \\(.*\\) (\\(.*\\))/installed bundler \\1 \\2/p'
`,
    files: { Gemfile: `source "${files}/gems"\ngem "site"\n` },
    installs: ['site 2.0.0', 'site-parts 1.4'],
  };
}

function composer({ files }: InstallerServers): Installer {
  return {
    label: 'composer',
    section: 'composer',
    lines: `COPY composer.json /srv/composer/
RUN cd /srv/composer && COMPOSER_ALLOW_SUPERUSER=1 composer install --no-interaction
RUN php -r 'foreach (json_decode(file_get_contents("/srv/composer/vendor/composer/installed.json"))->packages as $p) echo "installed composer $p->name $p->version\\n";'
`,
    files: {
      'composer.json': JSON.stringify({
        // The name of a class that is random otherwise.
        config: { 'secure-http': false, 'autoloader-suffix': 'Project' },
        repositories: [{ type: 'composer', url: `${files}/composer` }, { 'packagist.org': false }],
        require: { 'test/site': '^1.0' },
      }),
    },
    installs: ['test/parts 3.1.0', 'test/site 1.2.0'],
  };
}

/** An application of the project's own, on crates of a registry that stands in for crates.io. */
function cargo({ files }: InstallerServers): Installer {
  return {
    label: 'cargo',
    section: 'cargo',
    lines: `COPY cargo /srv/cargo
RUN cd /srv/cargo && cargo build --release && test "$(target/release/app)" = 0.3.1
RUN cd /srv/cargo && cargo tree --offline --prefix none | sed -n '2,$ s/^\\(\\S*\\) v/installed cargo \\1 /p'
`,
    files: {
      'cargo/Cargo.toml':
        '[package]\nname = "app"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\nengine = "0.3"\n',
      'cargo/src/main.rs': 'fn main() { println!("{}", engine::VERSION); }\n',
      'cargo/.cargo/config.toml': `[source.crates-io]\nreplace-with = "test"\n[source.test]\nregistry = "sparse+${files}/crates/"\n`,
    },
    installs: ['engine 0.3.1', 'gear 1.0.7'],
  };
}

function maven({ files }: InstallerServers): Installer {
  const mirror = `<mirror><id>test</id><mirrorOf>*</mirrorOf><url>${files}/maven</url></mirror>`;
  const [parent, extension] = [
    '<parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>4</version><relativePath/></parent>',
    '<extension><groupId>org.example.build</groupId><artifactId>extension</artifactId><version>1.1</version></extension>',
  ];
  return {
    label: 'maven',
    section: 'maven',
    lines: `COPY maven /srv/maven
RUN cd /srv/maven && mvn -q -B -s settings.xml validate
RUN cd /root/.m2/repository && find . -name '*.jar' -o -name '*.pom' | sed -E 's|^\\./(.*)/([^/]+)/([^/]+)/\\2-\\3(\\.jar)?(\\.pom)?$|\\1:\\2\\5 \\3|; s|/|.|g; s|\\.pom |:pom |; s|^|installed maven |'
`,
    files: {
      'maven/settings.xml': `<settings><mirrors>${mirror}</mirrors></settings>`,
      'maven/pom.xml': `<project><modelVersion>4.0.0</modelVersion>${parent}<artifactId>app</artifactId><packaging>pom</packaging><build><extensions>${extension}</extensions></build></project>`,
    },
    installs: [
      'org.codehaus.plexus:plexus-utils 1.1',
      'org.example.build:extension 1.1',
      'org.example.build:extension:pom 1.1',
      'org.example:library 0.9',
      'org.example:library:pom 0.9',
      'org.example:parent:pom 4',
    ],
  };
}

/** The last kind: a file that is fetched by its URL, and checked by its digest. */
export function genericFile({ files }: InstallerServers): { readonly lines: string; readonly url: string } {
  const url = `${files}/tool-1.0.tar`;
  const digest = createHash('sha256').update('a tool\n').digest('hex');
  return { lines: `ADD --checksum=sha256:${digest} ${url} /srv/tool\nRUN curl -fsSO ${url}\n`, url };
}
