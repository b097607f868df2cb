import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { createServer, type Server } from 'node:http';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import {
  formatLock,
  inputSections,
  storeRecording,
  type BuildEntry,
  type InputLine,
  type InputSection,
  type Lock,
} from '../src/lock/index.ts';
import { hexOf, sha256, type Digest } from '../src/core/index.ts';
import { Store } from '../src/store/index.ts';
import { AptArchive } from '../testkit/apt/index.ts';
import { allZip, trackerJson, type TrackedFlaw } from '../testkit/feeds/index.ts';
import { tarOf } from '../testkit/tar.ts';
import { putImage } from '../test/tiny-base.ts';
import { median, usage, type Usage } from './measure.ts';

const program = join(import.meta.dirname, '..', 'bin', 'holdfast.js');
const locks = 50;
/** In each lock, of each of four kinds. */
const perKind = 100;
/** Each name is in two locks or more, as in repositories of one company. */
const names = 2_000;
const asOf = '2026-02-01T00:00:00Z';

/**
 * `holdfast outdated` for fifty locks with twenty thousand packages, upstream and feeds on the loopback; and Debian's
 * main index parsed and held against a tracker's JSON of its size, beside python3-debian and apt-cache, which parse the
 * same file and hold it against nothing.
 */
export async function* benchOutdated(place: string, runs: number): AsyncGenerator<string> {
  yield* fiftyLocks(join(place, 'locks'), runs);
  yield* debianIndex(join(place, 'debian'), runs);
}

async function* fiftyLocks(place: string, runs: number): AsyncGenerator<string> {
  mkdirSync(place, { recursive: true });
  const store = join(place, 'store');
  const upstream = await startUpstream();
  try {
    const url = `http://index.test:${upstream.port}`;
    await writeLocks(place, await Store.open(store), upstream.archive, url);
    const argv = [
      process.execPath,
      program,
      'outdated',
      join(place, 'repositories'),
      '--json',
      '--store',
      store,
    ];
    const taken: Usage[] = [];
    for (let run = 0; run <= runs; run++) {
      upstream.requests.clear();
      taken.push(
        await usageBeside([
          ...argv,
          '--cache-dir',
          join(place, 'cache'),
          '--add-host',
          'index.test:127.0.0.1',
        ]),
      );
    }
    // The first run has nothing that was kept: it is told by itself.
    const [cold] = taken.splice(0, 1);
    const seconds = taken.map(one => one.seconds);
    const twice = [...upstream.requests].filter(([, count]) => count > 1).length;
    yield `outdated of ${locks} locks with ${locks * perKind * 4} packages, against local feeds\n`;
    yield `  ${median(seconds).toFixed(2)} s, at most ${Math.max(...taken.map(one => one.megabytes)).toFixed(0)} MB (${seconds.map(one => one.toFixed(2)).join(' ')})\n`;
    yield `  with an empty cache ${cold?.seconds.toFixed(2)} s\n`;
    yield `  ${upstream.requests.size} documents asked for, ${twice} of them more than once\n`;
  } finally {
    await upstream.close();
  }
}

/** As `usage`, while servers of this process go on: 1 is the exit code of findings. */
async function usageBeside(argv: readonly string[]): Promise<Usage> {
  const peak = join(import.meta.dirname, 'peak.ts');
  const ended = await promisify(execFile)(process.execPath, [peak, ...argv], { timeout: 120_000 }).catch(
    (error: { code?: number; stdout?: string; stderr?: string }) => error,
  );
  const code = 'code' in ended ? ended.code : 0;
  if ((code !== 0 && code !== 1) || ended.stdout === undefined)
    throw new Error(`exit ${code}: ${ended.stderr ?? ''}`);
  return JSON.parse(ended.stdout) as Usage;
}

interface Upstream {
  readonly port: number;
  readonly archive: AptArchive;
  /** How often each path was asked for. */
  readonly requests: Map<string, number>;
  close(): Promise<void>;
}

async function startUpstream(): Promise<Upstream> {
  const archive = await AptArchive.create({ origin: 'Test' });
  const packages = Array.from({ length: names }, (_, n) => ({
    name: `deb${n}`,
    version: `1.${n}-1+deb12u2`,
    fields: { Source: `src${n % 1000} (1.${n}-1+deb12u2)` },
  }));
  await archive.publish({ date: new Date('2026-06-01T00:00:00Z'), packages });
  const requests = new Map<string, number>();
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.set(path, (requests.get(path) ?? 0) + 1);
    const body = archive.files.get(path.replace(/^\/apt\//, ''))?.bytes ?? indexOf(path);
    if (path.startsWith('/pypi/')) response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
    if (body === undefined) response.writeHead(404);
    response.end(body);
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    archive,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}

/** Ten versions of each package. */
const versions = Array.from({ length: 10 }, (_, n) => `1.${n}.0`);

function indexOf(path: string): string | undefined {
  const [, kind, name] = /^\/(npm|pypi|info)\/(?:info\/)?([a-z]+\d+)\/?$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  const time = '2026-05-01T00:00:00Z';
  if (kind === 'npm')
    return JSON.stringify({
      name,
      'dist-tags': { latest: '1.9.0' },
      versions: Object.fromEntries(
        versions.map(version => [version, { name, version, dist: { tarball: '' } }]),
      ),
      time: Object.fromEntries(versions.map(version => [version, time])),
    });
  if (kind === 'pypi')
    return JSON.stringify({
      meta: { 'api-version': '1.1' },
      name,
      files: versions.map(version => ({
        filename: `${name}-${version}-py3-none-any.whl`,
        url: 'x',
        hashes: {},
        'upload-time': time,
      })),
    });
  return [
    '---',
    ...versions.map(version => `${version} |checksum:${'a'.repeat(64)},created_at:${time}`),
    '',
  ].join('\n');
}

async function writeLocks(place: string, store: Store, archive: AptArchive, url: string): Promise<void> {
  const flaws = Array.from(
    { length: 60_000 },
    (_, n): TrackedFlaw => ({
      source: `src${n % 3000}`,
      id: `CVE-2026-${10_000 + n}`,
      status: 'resolved',
      fixed: n % 10 === 0 ? `1.${n % 3000}-1+deb12u2` : '0.1-1',
    }),
  );
  writeFileSync(join(place, 'tracker.json'), trackerJson(flaws));
  const record = (ecosystem: string, prefix: string, n: number) => ({
    id: `GHSA-${prefix}-${n}`,
    ecosystem,
    name: `${prefix}${n % (names * 4)}`,
    fixed: n % 10 === 0 ? '1.5.0' : '1.0.0',
  });
  for (const [ecosystem, prefix] of [
    ['npm', 'js'],
    ['PyPI', 'py'],
    ['RubyGems', 'rb'],
  ] as const)
    writeFileSync(
      join(place, `${prefix}.zip`),
      allZip(Array.from({ length: 20_000 }, (_, n) => record(ecosystem, prefix, n))),
    );
  const feeds = ['js', 'py', 'rb'].map(prefix => JSON.stringify(join(place, `${prefix}.zip`)));
  const configuration = `advisories:\n  debian: [${JSON.stringify(join(place, 'tracker.json'))}]\n  osv: [${feeds.join(', ')}]\n  npm: []\n`;
  const inRelease = archive.files.get('dists/stable/InRelease')?.bytes ?? Buffer.alloc(0);
  for (let n = 0; n < locks; n++) {
    const own = Array.from({ length: perKind }, (_, k) => (n * 37 + k * 19) % names);
    const status = own.map(
      at =>
        `Package: deb${at}\nStatus: install ok installed\nVersion: 1.${at}-1\nArchitecture: all\nSource: src${at % 1000} (1.${at}-1)\n`,
    );
    const image = await putImage(store, rootTar(archive, url, status.join('\n')), {
      os: 'linux',
      architecture: 'amd64',
    });
    const keys = [
      ...own.map(at => `${url}/pypi/py${at}/`),
      `${url}/apt/dists/stable/main/binary-amd64/Packages.xz`,
    ];
    const step = {
      step: '0/1',
      command: sha256('x'),
      exchanges: keys.map(key => ({ key: { method: 'GET', url: key, vary: {} }, responses: [] })),
    };
    const lines = linesOf(own, url, inRelease);
    const inputs = (Object.entries(lines) as [InputSection, InputLine[]][]).flatMap(([section, all]) =>
      all.map(line => ({ section, line })),
    );
    const recording = await storeRecording(store, { version: 1, asOf, images: [], steps: [step], inputs });
    const directory = join(place, 'repositories', `r${n}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'holdfast.yaml'), configuration);
    writeFileSync(join(directory, 'holdfast.lock'), lockText(lines, recording, image.digest));
  }
}

function linesOf(
  own: readonly number[],
  url: string,
  inRelease: Buffer,
): Partial<Record<InputSection, InputLine[]>> {
  const line = (name: string, version: string, at: string): InputLine => ({
    name,
    version,
    size: 1,
    sha256: hexOf(sha256(`${name} ${version}`)),
    url: `${url}${at}`,
  });
  return {
    archives: [
      {
        kind: 'apt',
        url: `${url}/apt/`,
        suite: 'stable',
        date: asOf,
        size: inRelease.length,
        sha256: hexOf(sha256(inRelease)),
      },
    ],
    apt: own.map(n => ({
      ...line(`deb${n}`, `1.${n}-1`, `/apt/pool/main/d/deb${n}_1.${n}-1_all.deb`),
      architecture: 'all',
    })),
    pypi: own.map(n => line(`py${n}`, '1.3.0', `/files/py${n}-1.3.0-py3-none-any.whl`)),
    npm: own.map(n => line(`js${n}`, '1.3.0', `/npm/js${n}/-/js${n}-1.3.0.tgz`)),
    gem: own.map(n => line(`rb${n}`, '1.3.0', `/info/gems/rb${n}-1.3.0.gem`)),
  };
}

function lockText(
  lines: Partial<Record<InputSection, InputLine[]>>,
  recording: Digest,
  image: Digest,
): string {
  const inputs = Object.fromEntries(
    inputSections.map(section => [section, lines[section] ?? []]),
  ) as unknown as Lock['inputs'];
  const build: BuildEntry = {
    dockerfile: 'Dockerfile',
    platform: 'linux/amd64',
    checksum: sha256('a'),
    context: sha256('b'),
    recording,
    image,
  };
  return formatLock({ version: 1, asOf, builds: [build], inputs });
}

function rootTar(archive: AptArchive, url: string, status: string): Buffer {
  const release = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n';
  const source = `deb [signed-by=/usr/share/keyrings/t.gpg] ${url}/apt stable main\n`;
  return tarOf(
    [
      ['etc/os-release', release],
      ['etc/apt/sources.list', source],
      ['var/lib/dpkg/status', status],
      ['usr/share/keyrings/t.gpg', archive.key.gpg],
    ].map(([path, content]) => ({ path: String(path), content: Buffer.from(content ?? '') })),
  );
}

async function* debianIndex(place: string, runs: number): AsyncGenerator<string> {
  mkdirSync(place, { recursive: true });
  const index = join(place, 'Packages');
  if (!writeIndex(index)) {
    yield 'skipped: Debian’s main index is not in /var/lib/apt/lists\n';
    return;
  }
  const flaws = Array.from(
    { length: 65_000 },
    (_, n): TrackedFlaw => ({
      source: ['curl', 'openssl', 'vim', 'glibc', 'bash'][n % 50] ?? `src${n % 4000}`,
      id: `CVE-2026-${10_000 + n}`,
      status: 'resolved',
      fixed: '1:0.1-1',
    }),
  );
  writeFileSync(join(place, 'tracker.json'), trackerJson(flaws));
  const ours = await bundled('debian-index', place);
  const commands = new Map<string, readonly string[]>([
    ['holdfast, with the tracker', [process.execPath, ours, index, join(place, 'tracker.json')]],
    ...pythonDebian(place, index),
    ...aptCache(place, index),
  ]);
  const taken = new Map([...commands.keys()].map(name => [name, [] as number[]]));
  // In turn, so that a drift of the machine's speed meets all.
  for (let run = 0; run <= runs; run++)
    for (const [name, argv] of commands) {
      const used = usage({ argv });
      if (run > 0) taken.get(name)?.push(used.seconds);
    }
  const own = median(taken.get('holdfast, with the tracker') ?? []);
  yield 'Debian’s main index, from the start of the program to its end\n';
  for (const [name, seconds] of taken)
    yield `  ${name.padEnd(28)} ${median(seconds).toFixed(2)} s, ratio ${(own / median(seconds)).toFixed(2)} (${seconds.map(one => one.toFixed(2)).join(' ')})\n`;
}

/** A program of this folder in one file, as what is published is: its sources take longer to load than to run. */
async function bundled(name: string, place: string): Promise<string> {
  const bundle = await rolldown({ input: join(import.meta.dirname, `${name}.ts`), platform: 'node' });
  await bundle.write({ dir: join(place, 'program'), format: 'esm', entryFileNames: '[name].mjs' });
  await bundle.close();
  return join(place, 'program', `${name}.mjs`);
}

/** As apt keeps it, compressed by whichever means. */
function writeIndex(target: string): boolean {
  const lists = '/var/lib/apt/lists';
  const name = existsSync(lists)
    ? readdirSync(lists).find(one => /_debian_dists_[a-z]+_main_binary-[a-z0-9]+_Packages(\.\w+)?$/.test(one))
    : undefined;
  if (name === undefined) return false;
  const { status, stdout } = spawnSync('/usr/lib/apt/apt-helper', ['cat-file', join(lists, name)], {
    maxBuffer: 2 ** 30,
  });
  if (status === 0) writeFileSync(target, stdout);
  return status === 0;
}

/** python3-debian as the archive has it, unpacked for this alone. */
function pythonDebian(place: string, index: string): [string, readonly string[]][] {
  const fetched = spawnSync('apt-get', ['download', 'python3-debian', 'python3-chardet'], { cwd: place });
  if (fetched.status !== 0) return [];
  for (const name of readdirSync(place).filter(one => one.endsWith('.deb')))
    spawnSync('dpkg-deb', ['-x', name, 'python'], { cwd: place });
  const script = join(place, 'parse.py');
  writeFileSync(
    script,
    `import sys
sys.path.insert(0, ${JSON.stringify(join(place, 'python/usr/lib/python3/dist-packages'))})
from debian.deb822 import Packages
print(sum(1 for p in Packages.iter_paragraphs(open(${JSON.stringify(index)}, 'rb'), use_apt_pkg=False) if p['Package'] and p['Version']))
`,
  );
  return [['python3-debian', ['python3', script]]];
}

/** apt-cache on an index of its own and without the cache of an earlier run, so that it must parse. */
function aptCache(place: string, index: string): [string, readonly string[]][] {
  const root = join(place, 'apt');
  for (const path of ['lists/partial', 'cache/archives/partial', 'etc/sources.list.d'])
    mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, 'status'), '');
  const repository = join(place, 'repository');
  mkdirSync(repository, { recursive: true });
  spawnSync('cp', [index, join(repository, 'Packages')]);
  writeFileSync(join(root, 'etc/sources.list'), `deb [trusted=yes] file:${repository} ./\n`);
  const options = [
    `Dir::State::lists=${root}/lists`,
    `Dir::State::status=${root}/status`,
    `Dir::Cache=${root}/cache`,
    `Dir::Etc::sourcelist=${root}/etc/sources.list`,
    `Dir::Etc::sourceparts=${root}/etc/sources.list.d`,
    'Dir::Cache::pkgcache=',
    'Dir::Cache::srcpkgcache=',
    'APT::Sandbox::User=root',
  ].flatMap(option => ['-o', option]);
  if (spawnSync('apt-get', [...options, 'update']).status !== 0) return [];
  return [['apt-cache, parsing alone', ['apt-cache', ...options, 'stats']]];
}
