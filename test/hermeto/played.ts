import type { InstallerServers } from '../installers/servers.ts';
import { nodePackages, nodeProject, npmLock, requirements } from '../installers/fixtures.ts';
import type { RpmSpec } from '../../testkit/rpm/index.ts';

/** What a scenario of theirs runs in here: images and servers that stand in for its own. */
export interface Played {
  /** Ours, that the images are made from which the Containerfile names. */
  readonly base: 'installers:1' | 'installers-heavy:1' | 'go:1';
  /** Laid over it, by path: the project that theirs mount at /src, and the settings that theirs source. */
  readonly files: Readonly<Record<string, string>>;
  /** Run in the base, to give it a program by the name that the Containerfile calls. */
  readonly prepare?: string;
  /** Of the build context; most have none. */
  readonly context?: Readonly<Record<string, string>>;
  readonly section: string;
  /** `NAME VERSION` of what must be installed, and have a line. */
  readonly installs: readonly string[];
  /** `NAME VERSION` of what has a line without being there in the end. */
  readonly builds?: readonly string[];
  /** Prints `installed NAME VERSION`, in the finished image. */
  readonly list: string;
  /** How the finished image is looked into, where it has no shell. */
  readonly inspect?: string;
}

export interface PlayedServers extends InstallerServers {
  /** Without a final slash. */
  readonly go: string;
  readonly git: string;
}

/** Why a Containerfile is not run, by a part of its path. */
export const notRun: readonly (readonly [part: string, reason: string])[] = [
  ['cargo_e2e/in/Containerfile', 'cargo install --frozen asks for nothing'],
  ['cargo_e2e_no_proxy/in/Containerfile', 'cargo install --frozen asks for nothing'],
  ['cargo_mixed_git_crate_dependency', 'cargo build --offline asks for nothing'],
  ['legacy_entrypoint_e2e_test', 'cargo build --offline asks for nothing'],
  ['generic_e2e', 'copies what was fetched before the build'],
  ['bundler_missing_', 'bundle install --local asks for nothing, and the project lacks a file'],
  [
    'multiple_gomod_and_npm',
    'begins from an image that is named by a digest, so that none can stand in for it',
  ],
  ['pip_e2e_rust_extensions', 'begins from an image that is named by a digest'],
  ['rpm_repo_metadata_compression_type', 'begins from an image that is named by a digest'],
];

export const pnpmTarballs = ['10.34.4', '11.9.0'].map(
  version => `tmp/hermeto-output/deps/generic/pnpm-${version}.tgz`,
);

/** The scenarios that run, by a part of their Containerfile's path; the first that fits counts. */
export async function playedScenarios(
  servers: PlayedServers,
): Promise<readonly (readonly [string, Played])[]> {
  return [
    ...(await npm(servers)),
    ['/pip_e2e', await pip(servers)],
    ...yarn(servers),
    ['/pnpm_e2e', pnpm(servers)],
    ['/bundler_e2e', bundler(servers)],
    ...go(servers),
    ['/cargo_e2e', cargo(servers)],
    ['/maven_e2e', maven(servers)],
  ];
}

const listNode = `find /src -path '*/node_modules/*' -name package.json -exec node -p 'const { name, version } = require(process.argv[1]); name && version ? "installed " + name + " " + version : ""' {} \\;`;

async function npm(servers: PlayedServers): Promise<[string, Played][]> {
  const lock = await npmLock(servers);
  const at = (directory: string) => ({
    [`${directory}/package.json`]: nodeProject,
    [`${directory}/package-lock.json`]: lock,
  });
  const settings = { 'tmp/hermeto.env': `export npm_config_registry=${servers.world.urls.npm}\n` };
  const common = { base: 'installers:1', section: 'npm', installs: nodePackages, list: listNode } as const;
  return [
    [
      '/npm_multiple_packages',
      { ...common, files: { ...settings, ...at('src/first_pkg'), ...at('src/second_pkg') } },
    ],
    ['/npm_', { ...common, files: { ...settings, ...at('src') } }],
  ];
}

async function pip(servers: PlayedServers): Promise<Played> {
  const settings = `export PIP_INDEX_URL=${servers.world.urls.pypi} PIP_TRUSTED_HOST=pypi.test PIP_BREAK_SYSTEM_PACKAGES=1\n`;
  return {
    base: 'installers:1',
    files: { 'tmp/hermeto.env': settings, 'src/requirements.txt': await requirements(servers) },
    section: 'pypi',
    installs: ['shared 1.1', 'web 1.0'],
    builds: ['maker 5'],
    list: "pip list --path /usr/local/lib/python3*/dist-packages --format=freeze | sed 's/==/ /; s/^/installed /'",
  };
}

function yarn({ world }: PlayedServers): [string, Played][] {
  const common = { base: 'installers:1', section: 'npm', installs: nodePackages, list: listNode } as const;
  const linked = (client: string) => `ln -s /opt/${client}/node_modules/.bin/yarn /usr/local/bin/yarn`;
  const none = { 'tmp/hermeto.env': '' };
  const rest = { nodeLinker: 'node-modules', enableTelemetry: false };
  const settings = JSON.stringify({
    npmRegistryServer: world.urls.npm,
    unsafeHttpWhitelist: ['npm.test'],
    ...rest,
  });
  const berry = (directory: string) => ({
    [`${directory}/package.json`]: JSON.stringify({
      ...(JSON.parse(nodeProject) as object),
      scripts: { build: 'node -p 1' },
    }),
    [`${directory}/yarn.lock`]: '',
    [`${directory}/.yarnrc.yml`]: settings,
  });
  const classic = (directory: string) => ({
    [`${directory}/package.json`]: nodeProject,
    [`${directory}/.npmrc`]: `registry=${world.urls.npm}/\n`,
  });
  const workspaces = {
    'src/package.json': '{"name":"root","private":true,"workspaces":["packages/*"]}',
    'src/packages/app/package.json': JSON.stringify({ ...(JSON.parse(nodeProject) as object), name: 'app' }),
    'src/yarn.lock': '',
    'src/.yarnrc.yml': settings,
  };
  return [
    [
      '/yarn_classic_e2e_multiple_packages',
      {
        ...common,
        prepare: linked('yarn'),
        files: { ...none, ...classic('src/first-pkg'), ...classic('src/second-pkg') },
      },
    ],
    ['/yarn_classic_', { ...common, prepare: linked('yarn'), files: { ...none, ...classic('src') } }],
    [
      '/yarn_e2e_multiple_packages',
      {
        ...common,
        prepare: linked('berry'),
        files: { ...none, ...berry('src/first-pkg'), ...berry('src/second-pkg') },
      },
    ],
    ['/yarn_e2e_workspace_focus', { ...common, prepare: linked('berry'), files: { ...none, ...workspaces } }],
    ['/yarn_', { ...common, prepare: linked('berry'), files: { ...none, ...berry('src') } }],
  ];
}

/** pnpm itself is what theirs have fetched before; `pnpmTarballs` says where it must lie. */
function pnpm({ world }: PlayedServers): Played {
  return {
    base: 'installers:1',
    files: {
      'tmp/hermeto.env': '',
      'src/package.json': nodeProject,
      'src/.npmrc': `registry=${world.urls.npm}/\n`,
      'root/.npmrc': `registry=${world.urls.npm}/\n`,
    },
    section: 'npm',
    installs: nodePackages,
    list: listNode,
  };
}

function bundler({ files, git }: PlayedServers): Played {
  return {
    base: 'installers:1',
    files: {
      'tmp/hermeto.env': '',
      'src/Gemfile': `source "${files}/gems"\ngem "site"\ngem "json-schema", git: "${git}/json-schema.git"\n`,
    },
    section: 'gem',
    installs: ['site 2.0.0', 'site-parts 1.4'],
    list: "find /gems /var/lib/gems -path '*/specifications/*.gemspec' | sed -n 's|.*/\\(.*\\)-\\([0-9.]*\\)\\.gemspec|installed \\1 \\2|p'",
  };
}

const goModules = ['example.org/greeting v1.2.0', 'example.org/words v0.4.0'];

function go(servers: PlayedServers): [string, Played][] {
  const settings = `export GOPROXY=${servers.go} GOSUMDB=off GOTOOLCHAIN=local GOFLAGS=-mod=mod CGO_ENABLED=0\n`;
  const module = (directory: string, name: string) => ({
    [`${directory}/go.mod`]: `module example.org/${name}\n\ngo 1.18\n\nrequire example.org/greeting v1.2.0\n`,
    [`${directory}/main.go`]: 'package main\n\nimport _ "example.org/greeting"\n\nfunc main() {}\n',
  });
  const list = (...programs: readonly string[]) =>
    `go version -m ${programs.join(' ')} | awk '$1 == "dep" { print "installed", $2, $3 }' | sort -u`;
  const common = { base: 'go:1', section: 'go', installs: goModules } as const;
  const withFiles = (files: Readonly<Record<string, string>>) => ({ 'tmp/hermeto.env': settings, ...files });
  return [
    [
      '/gomod_e2e_multiple_modules',
      {
        ...common,
        files: withFiles({ ...module('src/spam-module', 'spam'), ...module('src/eggs-module', 'eggs') }),
        list: list('/usr/bin/spam-module', '/usr/bin/eggs-module'),
      },
    ],
    [
      '/gomod_e2e_vendor_nonvendor',
      {
        ...common,
        files: withFiles({
          'src/vendored-module/go.mod': 'module example.org/alone\n\ngo 1.18\n',
          'src/vendored-module/main.go': 'package main\n\nfunc main() {}\n',
          ...module('src/non-vendored-module', 'other'),
        }),
        list: list('/finished'),
        inspect: 'FROM go:1\nCOPY --from=hermeto-result:1 /non-vendored-module /finished\n',
      },
    ],
    [
      '/gomod_e2e_1_22_workspace',
      { ...common, files: withFiles(module('src/hi/hiii', 'hiii')), list: list('/usr/bin/hiii') },
    ],
    [
      '/gomod_e2e_',
      { ...common, files: withFiles(module('src', 'retrodep')), list: list('/usr/bin/retrodep') },
    ],
  ];
}

function cargo({ files }: PlayedServers): Played {
  const registry = `[source.crates-io]\nreplace-with = "test"\n[source.test]\nregistry = "sparse+${files}/crates/"\n`;
  return {
    base: 'installers-heavy:1',
    files: { 'root/.cargo/config.toml': registry },
    context: {
      'Cargo.toml':
        '[package]\nname = "rustic"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\nengine = "0.3"\n',
      'src/main.rs': 'fn main() { println!("{}", engine::VERSION); }\n',
    },
    section: 'cargo',
    installs: ['engine 0.3.1', 'gear 1.0.7'],
    // The program has the one crate's text in it, which has the other one's for a dependency.
    list: `test "$(rustic)" = 0.3.1 && echo installed engine 0.3.1 && echo installed gear 1.0.7`,
  };
}

function maven({ files }: PlayedServers): Played {
  const mirror = `<mirror><id>test</id><mirrorOf>*</mirrorOf><url>${files}/maven</url></mirror>`;
  const parent =
    '<parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>4</version><relativePath/></parent>';
  return {
    base: 'installers-heavy:1',
    files: {
      'tmp/hermeto.env': '',
      'root/.m2/settings.xml': `<settings><mirrors>${mirror}</mirrors></settings>`,
      'src/pom.xml': `<project><modelVersion>4.0.0</modelVersion>${parent}<artifactId>app</artifactId><packaging>pom</packaging></project>`,
    },
    section: 'maven',
    installs: ['org.example:parent:pom 4'],
    list: 'test -f /root/.m2/repository/org/example/parent/4/parent-4.pom && echo installed org.example:parent:pom 4',
  };
}

/** Their lock of rpm packages: those of one architecture, the wanted one needing all others. */
export function rpmsOf(lock: unknown, wanted: string, provides: readonly string[]): RpmSpec[] {
  const { arches } = lock as { arches: { arch: string; packages: { name: string; evr: string }[] }[] };
  const packages = arches.find(({ arch }) => arch === 'x86_64')?.packages ?? [];
  const others = packages.map(({ name }) => name).filter(name => name !== wanted);
  return packages.map(({ name, evr }) => {
    const [, epoch, version = '', release = ''] = /^(?:(\d+):)?([^-]+)-([^-]+)$/.exec(evr) ?? [];
    return {
      name,
      version,
      release,
      ...(epoch !== undefined && { epoch: Number(epoch) }),
      ...(name === wanted && { requires: others, provides }),
    };
  });
}
