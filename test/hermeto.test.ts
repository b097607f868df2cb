// The Containerfiles of hermeto's end-to-end tests, unedited: locked, then built with the network gone, the image is the
// same, and what is installed is what the lock's lines say. docs/hermeto.md tells what stands in for what.
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Store } from '../src/store/index.ts';
import { GitServer } from '../testkit/git/index.ts';
import { GoProxy } from '../testkit/go/index.ts';
import { NpmClients } from '../testkit/npm/index.ts';
import { YumRepository } from '../testkit/rpm/index.ts';
import { lendImage } from './bases.ts';
import { putGoBase } from './go-base.ts';
import {
  notRun,
  playedScenarios,
  pnpmTarballs,
  rpmsOf,
  type Played,
  type PlayedServers,
} from './hermeto/played.ts';
import { putInstallerBases } from './installers/base.ts';
import { published, startInstallerServers } from './installers/servers.ts';
import { holdfast, lockedImage, makeWorld, printedImage, withoutNetwork, type World } from './world.ts';

const checkout = process.env['HOLDFAST_TEST_HERMETO'];
if (checkout === undefined)
  console.log("skipped: hermeto's Containerfiles; HOLDFAST_TEST_HERMETO=DIR names a checkout of hermeto");

const containerfiles =
  checkout === undefined ? [] : await containerfilesIn(join(checkout, 'tests', 'integration'));

async function containerfilesIn(root: string): Promise<string[]> {
  const found = await readdir(root, { recursive: true });
  return found.filter(path => /\/in\/(?:Containerfile|Dockerfile)[^/]*$/.test(path)).toSorted();
}

let world: World;
let servers: PlayedServers;
let played: readonly (readonly [string, Played])[];
let clients: NpmClients;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  if (checkout === undefined) return;
  world = await makeWorld();
  const [installers, goProxy, git] = await Promise.all([
    startInstallerServers(false),
    GoProxy.start(),
    GitServer.start(),
  ]);
  clients = await NpmClients.find();
  closing.push(
    () => installers.close(),
    () => goProxy.close(),
    () => git.close(),
    () => clients.close(),
    () => world.close(),
  );
  const files = { 'library.go': 'package library\n' };
  goProxy.publish(
    {
      path: 'example.org/greeting',
      version: 'v1.2.0',
      time: published,
      requires: { 'example.org/words': 'v0.4.0' },
      files: { 'library.go': 'package greeting\n\nimport _ "example.org/words"\n' },
    },
    { path: 'example.org/words', version: 'v0.4.0', time: published, requires: {}, files },
  );
  const schema = await git.create('json-schema.git');
  await schema.commit({
    date: published,
    files: {
      'json-schema.gemspec':
        'Gem::Specification.new { |s| s.name = "json-schema"; s.version = "3.0.0"; s.summary = "x"; s.authors = ["x"]; s.files = [] }\n',
    },
  });
  servers = {
    ...installers,
    go: `http://go.test:${goProxy.port}`,
    git: `http://git.test:${git.port}`,
    addHosts: [
      ...installers.addHosts,
      ...['go.test', 'git.test'].flatMap(name => ['--add-host', `${name}:127.0.0.1`]),
    ],
  };
  played = await playedScenarios(servers);
  await putInstallerBases(world.store, process.env['HOLDFAST_TEST_HEAVY'] === '1');
  const goStore = join(world.root, 'go-store');
  await putGoBase(goStore);
  await lendImage(await Store.open(goStore), 'go:1', await Store.open(world.store));
}, 1_800_000);
afterAll(async () => {
  for (const close of closing) await close();
});

test.runIf(checkout !== undefined)('there are some', () => expect(containerfiles.length).toBeGreaterThan(20));

test.for(containerfiles)('%s', async (path, { skip }) => {
  const reason = notRun.find(([part]) => path.includes(part))?.[1];
  if (reason !== undefined) skip(reason);
  const repository = /\/rpm_/.test(path) ? await yumFor(path) : undefined;
  const scenario = repository?.played ?? played.find(([part]) => path.includes(part))?.[1];
  if (scenario === undefined) throw new Error('neither run nor known not to be');
  if (scenario.base === 'installers-heavy:1' && process.env['HOLDFAST_TEST_HEAVY'] !== '1')
    skip('HOLDFAST_TEST_HEAVY=1 runs it');
  const text = await readFile(join(checkout ?? '', 'tests', 'integration', path), 'utf8');
  for (const [, name] of new Set(text.matchAll(/^FROM (\S+)/gm)))
    if (name !== undefined && name !== 'scratch') await putBase(name, scenario);
  await rm(world.project, { recursive: true, force: true });
  await mkdir(world.project);
  await world.write({ Containerfile: text, ...scenario.context });
  const named = [servers.named, servers.go, servers.git, ...(repository ? [repository.url] : [])].join(' ');
  const options = ['-f', join(world.project, 'Containerfile'), '--build-arg', `SERVERS=${named}`];
  await world.succeed('lock', [...options, ...servers.addHosts]);
  const lock = await world.readLock();
  const offline = ['--locked', '--no-cache', '--tag', 'hermeto-result:1', ...options];
  const built = await world.succeed('build', offline, { through: withoutNetwork });
  expect(printedImage(built)).toBe(lockedImage(lock));
  const installed = await installedIn(scenario);
  expect(installed).toEqual(scenario.installs.toSorted());
  expect(lockedIn(lock, scenario.section)).toEqual(
    [...scenario.installs, ...(scenario.builds ?? [])].toSorted(),
  );
  await repository?.close();
});

/** Builds an image in a directory of its own, and gives what its steps said. */
async function build(
  name: string,
  files: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<string> {
  const directory = join(world.root, 'helper');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  const run = await holdfast(['build', directory, '--tag', name, '--progress', 'plain', ...more], {
    env: { HOME: world.home },
  });
  await rm(directory, { recursive: true });
  if (run.exit !== 0) throw new Error(`the image ${name} could not be made:\n${run.stderr}`);
  return run.stderr;
}

/**
 * An image by the name of one of theirs. In a step every name has an address, so the check for a network that their
 * Containerfiles begin with would find one: no host is known to `getent` there.
 */
async function putBase(name: string, { base, files, prepare = 'true' }: Played): Promise<void> {
  const directory = join(world.root, 'helper', 'files');
  await mkdir(join(directory, 'opt'), { recursive: true });
  for (const client of ['yarn', 'berry'] as const)
    if (prepare.includes(`/opt/${client}/`))
      await cp(clients.directoryOf(client), join(directory, 'opt', client), {
        recursive: true,
        verbatimSymlinks: true,
      });
  if (files['root/.npmrc'] !== undefined) await putPnpm(directory);
  const placed = Object.fromEntries(
    Object.entries(files).map(([path, content]) => [`files/${path}`, content]),
  );
  const dockerfile = `FROM ${base}\nCOPY files /\nRUN printf '#!/bin/sh\\nexit 2\\n' > /usr/bin/getent && chmod 755 /usr/bin/getent && ${prepare}\n`;
  await build(name, { Dockerfile: dockerfile, ...placed });
}

/** pnpm as npm would pack it. */
async function putPnpm(directory: string): Promise<void> {
  const modules = join(clients.directoryOf('pnpm'), 'node_modules');
  for (const path of pnpmTarballs) {
    const place = join(directory, path);
    await mkdir(dirname(place), { recursive: true });
    await promisify(execFile)('tar', [
      '-czf',
      place,
      '-C',
      modules,
      '--transform',
      's/^pnpm/package/',
      'pnpm',
    ]);
  }
}

async function installedIn({ list, inspect = 'FROM hermeto-result:1\n' }: Played): Promise<string[]> {
  const said = await build('hermeto-inspected:1', { Dockerfile: `${inspect}RUN ${list}\n` }, ['--no-cache']);
  return [
    ...new Set([...said.matchAll(/^\[.*\] {2,}installed (\S+ \S+)$/gm)].map(([, one = '']) => one)),
  ].toSorted();
}

function lockedIn(lock: string, section: string): string[] {
  const [, body = ''] = new RegExp(`^${section}:\\n((?:  - .*\\n)*)`, 'm').exec(lock) ?? [];
  const lines = body.matchAll(/^ {2}- \{name: "([^"]+)", version: "([^"]+)"/gm);
  return [...new Set([...lines].map(([, name, version]) => `${name} ${version}`))].toSorted();
}

/** A repository of the packages that their own lock names, in their versions. */
async function yumFor(path: string) {
  const directory = dirname(join(checkout ?? '', 'tests', 'integration', path));
  const isEditor = path.includes('rpm_e2e/');
  const lock: unknown = parse(await readFile(join(directory, 'rpms.lock.yaml'), 'utf8'));
  const packages = rpmsOf(lock, isEditor ? 'vim-enhanced' : 'httpd-tools', isEditor ? ['vim'] : []);
  const repository = await YumRepository.create();
  await repository.publish(packages);
  const server = await repository.serve();
  const url = `http://yum.test:${new URL(server.url).port}`;
  const settings = `[all]\nname=All\nbaseurl=${url}\ngpgcheck=1\n`;
  const key = 'etc/pki/rpm-gpg/RPM-GPG-KEY-centosofficial';
  const played: Played = {
    base: 'installers:1',
    files: { 'etc/yum.repos.d/all.repo': `${settings}gpgkey=file:///${key}\n`, [key]: repository.key },
    section: 'rpm',
    installs: packages.map(
      ({ name, epoch, version, release }) =>
        `${name} ${epoch === undefined ? '' : `${epoch}:`}${version}-${release}`,
    ),
    list: "rpm -qa --qf 'installed %{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\n' | grep -v gpg-pubkey",
  };
  const close = async () => {
    await Promise.all([server.close(), repository.close()]);
  };
  return { played, url, close };
}
